import { createServer } from 'node:http'

/*
 * The limit that everything is compared with: node:http, the body parsed as JSON, an answer of the size of ours. It
 * checks nothing, knows nothing, keeps nothing.
 */

type Given = { readonly host?: string; readonly service?: string; readonly state?: string }

const ID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const first = chunks[0] ?? Buffer.alloc(0)
    const body = JSON.parse((chunks.length === 1 ? first : Buffer.concat(chunks)).toString()) as
      | Given
      | Given[]
    const problems = (Array.isArray(body) ? body : [body]).map(({ host, service, state }) => ({
      id: ID,
      host,
      service,
      state,
      outcome: 'repeated',
    }))
    const text = JSON.stringify({ accepted: problems.length, problems })
    response.writeHead(202, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    })
    response.end(text)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : null }))
})
process.on('SIGTERM', () => process.exit(0))
