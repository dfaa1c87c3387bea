/** Reading events: as lists, and as a consumer that goes on where it was. */
export { eventFeedRoutes } from './event-feed-routes.ts'
export { deleteOldEvents } from './event-retention-store.ts'
export { subscriptionRoutes } from './subscription-routes.ts'
