/** The same as `fulcrum.js`, for those who start this file; that one starts faster and says why. */
import './fulcrum.js'
