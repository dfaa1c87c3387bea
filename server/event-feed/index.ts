/** Reading events: as lists, and as a consumer that goes on where it was. */
export { eventFeedRoutes } from './event-feed-routes.ts'
export { subscriptionRoutes } from './subscription-routes.ts'
