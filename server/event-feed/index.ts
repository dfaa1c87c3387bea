/** Reading events. */
export { eventFeedRoutes } from './event-feed-routes.ts'
