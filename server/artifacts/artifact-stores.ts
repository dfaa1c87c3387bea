/**
 * Where the content of artifacts can lie besides the server's own disk, by name, and under whose control each place is. Finished
 * content is copied there and read back; uploads always arrive on the server's disk first.
 */
import type { LocalStoreConfig, StoreConfig } from '../platform/artifact-stores-file.ts'
import type { Platform } from '../platform/context.ts'
import { type ArtifactFiles, artifactFilesOf } from './artifact-files.ts'
import { directoryStore } from './store-in-directory.ts'
import { s3Store } from './store-in-s3.ts'
import type { ArtifactStore } from './store-port.ts'

const storesOfPlatforms = new WeakMap<Platform, readonly ArtifactStore[]>()

/** Every configured store, the server's own disk first. */
export function storesOf(platform: Platform): readonly ArtifactStore[] {
  const known = storesOfPlatforms.get(platform)
  if (known) return known
  const files = artifactFilesOf(platform)
  const stores = platform.config.artifactStores.map((config) => openStore(config, files))
  storesOfPlatforms.set(platform, stores)
  return stores
}

function openStore(config: StoreConfig, files: ArtifactFiles): ArtifactStore {
  switch (config.kind) {
    case 'local':
      return localStore(config, files)
    case 'directory':
      return directoryStore(config)
    case 's3':
      return s3Store(config)
  }
}

/** The server's disk as a store: uploads put the content there, and it goes with its artifact; the key is the artifact's id. */
function localStore(owner: LocalStoreConfig, files: ArtifactFiles): ArtifactStore {
  return {
    ...owner,
    put: async (_key, content) => {
      content.destroy()
    },
    read: (key, range, signal) => files.read(key, range, signal),
    remove: async () => {},
  }
}
