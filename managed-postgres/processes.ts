/**
 * Which processes live. A process id alone says little: ids are used again, and a killed process stays as a zombie
 * until its parent collects it, which some containers' first process never does.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import type { Account } from './account.ts'
import { errorCode } from './errors.ts'

/**
 * When the kernel started process `pid`, as a text that is only good for comparing: together with the id it names one
 * process for ever (until the next boot). Undefined when there is no such process or it is a zombie.
 */
export function processStart(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  if (process.platform === 'linux') {
    const stat = read(`/proc/${pid}/stat`)
    // the second field is the program's name in parentheses and may hold anything; proc_pid_stat(5)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === undefined || fields[0] === '' || 'ZX'.includes(fields[0]) ? undefined : fields[19]
  }
  const line = ps(['-o', 'stat=,lstart=', '-p', String(pid)]).trim()
  const started = line.replace(/^\S+\s+/, '')
  return line === '' || line.startsWith('Z') ? undefined : started
}

/** `certain` is false where the process could only be taken for one of the cluster's. */
export type ClusterProcess = { pid: number; certain: boolean }

/**
 * All live PostgreSQL processes that work in `dataDir`, the postmaster and its backends, also those whose
 * postmaster is dead. In doubt a process is counted: starting a second server on the same files destroys them.
 *
 * @param dataDir  real path, without symbolic links
 * @param account  what PostgreSQL runs as if that is not the user of this process
 */
export function clusterProcesses(dataDir: string, account: Account | undefined): ClusterProcess[] {
  return process.platform === 'linux' ? fromProc(dataDir, account) : fromPs(dataDir)
}

function fromProc(dataDir: string, account: Account | undefined): ClusterProcess[] {
  const uid = account?.uid ?? process.geteuid?.()
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/comm`).trim() === 'postgres')
    .flatMap((name) => {
      const pid = Number(name)
      try {
        return fs.readlinkSync(`/proc/${name}/cwd`) === dataDir ? [{ pid, certain: true }] : []
      } catch (error) {
        // zombies have no working directory
        if (errorCode(error) !== 'EACCES' || uidOf(name) !== uid) return []
        // root without CAP_SYS_PTRACE, which is the rule in containers, may not look; the owner itself may
        const workingDir = readlinkAs(`/proc/${name}/cwd`, account)
        return workingDir === undefined || workingDir === dataDir ? [{ pid, certain: workingDir === dataDir }] : []
      }
    })
}

/** As `clusterProcesses`, for systems without /proc. A backend that lost its postmaster cannot be told from others'. */
export function fromPs(dataDir: string): ClusterProcess[] {
  return ps(['-axww', '-o', 'pid=,ppid=,stat=,command='])
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, stat, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
      if (!pid || !command || stat?.startsWith('Z')) return []
      const certain = command.includes(`/postgres -D ${dataDir} -c `)
      const orphan = parent === '1' && command.startsWith('postgres:')
      return certain || orphan ? [{ pid: Number(pid), certain }] : []
    })
}

function uidOf(name: string): number | undefined {
  try {
    return fs.statSync(`/proc/${name}`).uid
  } catch {
    return undefined
  }
}

function readlinkAs(link: string, account: Account | undefined): string | undefined {
  const result = spawnSync('readlink', [link], {
    ...account,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    timeout: 5_000,
  })
  return result.status === 0 ? result.stdout.replace(/\n$/, '') : undefined
}

function ps(args: string[]): string {
  try {
    return execFileSync('ps', args, {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch {
    return ''
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
