// The peer: mercurius with graphql-jit, serving from memory what kraamzicht told of its scores (benches/peers.rs).
// usage: node peer.mjs DATA.json SCHEMA.graphql; prints the port it listens on.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'

const [data, schema] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'))
const all = JSON.parse(data)

const resolvers = {
  Query: {
    riskScores: (_, { first, after }) => {
      const start = after === undefined || after === null ? 0 : Number.parseInt(after.split('-')[1], 16) + 1
      return { nodes: all.slice(start, start + first), totalCount: all.length }
    },
  },
}

const app = Fastify({ logger: false })
await app.register(mercurius, { schema, resolvers, jit: 1, graphiql: false })
const address = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(new URL(address).port)
