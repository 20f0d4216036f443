import { describeLosses } from './losses.ts'
import { engineAt, redisFor } from './redis-orders.ts'

describeLosses('workers of a Redis server', { orders: redisFor, engine: engineAt })
