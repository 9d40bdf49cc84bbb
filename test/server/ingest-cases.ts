// Records that come over HTTP, on any broker: as clients of Confluent's REST proxy send them.
import { expect } from 'chai'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { Broker } from '../../broker/ports.ts'
import { openIngest, type OpenedIngest } from '../../cli/ingest.ts'
import { loadConfig } from '../../config/config.ts'
import transit from '../../jobs/transit/topology.ts'
import { weather } from '../../jobs/transit/topics.ts'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import { readTopic, type ReadRecord } from '../support/final-tables.ts'

const JSON_V2 = 'application/vnd.kafka.json.v2+json'
const BINARY_V2 = 'application/vnd.kafka.binary.v2+json'

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly offsets?: readonly Record<string, unknown>[]
    readonly error_code?: number
    readonly message?: string
  }
}

/** Posting to two plain topics and one of the transit job. */
export function describeIngest(name: string, openBroker: () => Promise<Broker>): void {
  describe(`posting to topics over HTTP, ${name}`, function () {
    this.timeout(120_000)
    let broker: Broker
    let ingest: OpenedIngest
    let server: RunningServer
    const failures: unknown[] = []

    const start = async (settings: Readonly<Record<string, string | number>> = {}) => {
      const topics = `visits,nowhere,${weather.name}`
      const overrides = { 'server.ingest.topics': topics, ...settings }
      const opened = (await openIngest(loadConfig({ overrides }), broker, transit))!
      const started = await startServer({
        port: 0,
        applicationId: 'visits',
        metrics: () => [],
        health: () => ({ status: 'ok', reasons: [] }),
        progress: () => [],
        watchProgress: () => () => undefined,
        topology: () => '',
        ingest: opened.sources,
        onError: (error) => failures.push(error),
      })
      return { opened, started }
    }
    const post = async (
      topic: string,
      body: unknown,
      headers: Readonly<Record<string, string>> = {},
      url = server.url,
    ): Promise<Answered> => {
      const response = await fetch(`${url}/topics/${topic}`, {
        method: 'POST',
        headers: { 'content-type': JSON_V2, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      expect(response.headers.get('content-type')).to.equal('application/vnd.kafka.v2+json')
      const { status } = response
      return { status, headers: response.headers, body: JSON.parse(text) as Answered['body'] }
    }
    const refusal = async (...args: Parameters<typeof post>): Promise<unknown[]> => {
      const { status, body } = await post(...args)
      return [status, body.error_code, body.message]
    }
    const read = async (topic: string): Promise<ReadRecord[]> => {
      const records: ReadRecord[] = []
      await readTopic(broker, topic, (record) => records.push(record))
      return records
    }

    before(async () => {
      broker = await openBroker()
      await broker.ensureTopics([
        { name: 'visits', partitions: 3 },
        { name: weather.name, partitions: 2 },
        { name: 'secret', partitions: 1 },
      ])
      const { opened, started } = await start()
      ingest = opened
      server = started
    })
    after(async () => {
      await server.close()
      await ingest.close()
      await broker.close()
    })

    it('answers the partition and offset of each record, which lie there', async () => {
      const records = [
        { key: 'a', value: { page: '/' }, partition: 2 },
        { key: { user: 1 }, value: [1, 'é', null], partition: 1 },
        { key: 'a', value: null, partition: 2 },
        { value: 'no key' },
        { value: 'none either' },
      ]
      const { status, body } = await post('visits', { records })
      expect(status).to.equal(200)
      const offsets = body.offsets!
      expect(offsets.map(({ error_code, error }) => [error_code, error])).to.deep.equal(
        records.map(() => [null, null]),
      )
      expect(offsets.slice(0, 3).map(({ partition }) => partition)).to.deep.equal([2, 1, 2])
      expect(Number(offsets[2]!['offset'])).to.be.greaterThan(Number(offsets[0]!['offset']))
      expect(offsets[4]!['partition']).to.equal(offsets[3]!['partition'])
      const there = await read('visits')
      for (const [i, { partition, offset }] of offsets.entries()) {
        const found = there.find((one) => one.partition === partition && one.offset === offset)
        const { key, value } = records[i]!
        const json = (of: unknown) => (of === undefined || of === null ? null : JSON.stringify(of))
        expect(found?.key?.toString() ?? null).to.equal(json(key))
        expect(found?.value?.toString() ?? null).to.equal(json(value))
        expect(found?.timestampMs).to.be.closeTo(Date.now(), 60_000)
      }
    })

    it('takes bytes as base64, and sends keys where a producer would', async () => {
      const value = Buffer.from([0, 255, 10]).toString('base64')
      const key = Buffer.from('a').toString('base64')
      const { status, body } = await post(
        'visits',
        {
          records: [
            { key, value },
            { key, value },
          ],
        },
        { 'content-type': `${BINARY_V2}; charset=utf-8` },
      )
      expect(status).to.equal(200)
      const [one, other] = body.offsets!
      expect(other!['partition']).to.equal(one!['partition'])
      const found = (await read('visits')).filter((record) => record.key?.toString() === 'a')
      expect(found.map((record) => [...record.value!])).to.deep.equal([
        [0, 255, 10],
        [0, 255, 10],
      ])
      const bad = [{ value: 'a$' }]
      expect(
        await refusal('visits', { records: bad }, { 'content-type': BINARY_V2 }),
      ).to.deep.equal([422, 422, 'records[0].value is no base64'])
    })

    it('writes a topic of the job as the job reads it, and names a field that is wrong', async () => {
      const value = { timestamp: 1_538_370_000_000, temperature: 41.5, status: 'windy' }
      const { body } = await post(weather.name, { records: [{ key: 'chicago', value }] })
      expect(body.offsets).to.have.length(1)
      const [record] = await read(weather.name)
      expect(record!.key!.toString()).to.equal('chicago')
      const bytes = record!.value!
      expect(weather.value.deserialize(bytes, 0, bytes.length)).to.deep.equal(value)
      const { status, ...without } = value
      for (const [wrong, reason] of [
        [without, 'status'],
        [{ ...value, status: 5 }, 'status'],
      ] as const) {
        const records = [
          { key: 'chicago', value },
          { key: 'chicago', value: wrong },
        ]
        const [code, , message] = await refusal(weather.name, { records })
        expect([code, status]).to.deep.equal([422, 'windy'])
        expect(message)
          .to.match(/^records\[1\]\.value: /)
          .and.include(reason)
      }
      expect(await read(weather.name)).to.have.length(1)
    })

    it('says what is wrong with a request by the status and code of the REST proxy', async () => {
      const records = [{ value: 1 }]
      const avro = { 'content-type': 'application/vnd.kafka.avro.v2+json' }
      for (const [topic, body, headers, expected] of [
        ['visits', '{"records":', {}, [400, 400, /^the body is no JSON: /]],
        ['visits', {}, {}, [422, 422, /^records must be an array/]],
        ['visits', { records: [] }, {}, [422, 422, /^records must be an array/]],
        ['visits', { records: [5] }, {}, [422, 422, /^records\[0\] is no object/]],
        ['visits', { records, recs: 1 }, {}, [422, 422, /^there is no field recs/]],
        ['visits', { records: [{ valu: 1 }] }, {}, [422, 422, /has a field valu: there is key/]],
        ['visits', { records: [{ partition: -1 }] }, {}, [422, 422, /partition is no whole/]],
        ['visits', { records: [{ partition: 3 }] }, {}, [404, 40402, /there is no partition 3/]],
        ['nowhere', { records }, {}, [404, 40401, /^no topic nowhere/]],
        ['secret', { records }, {}, [403, 40301, /^server\.ingest\.topics does not name/]],
        ['..%2Fvisits', { records }, {}, [403, 40301, /^server\.ingest\.topics does not name/]],
        ['visits', { records }, avro, [415, 415, /^set Content-Type to application\/vnd/]],
        ['visits', { records }, { accept: 'text/html' }, [406, 406, /^answers are application/]],
      ] as const) {
        const [status, code, message] = await refusal(topic, body, headers)
        expect([status, code]).to.deep.equal([expected[0], expected[1]])
        expect(message).to.match(expected[2])
      }
      expect(await read('secret')).to.deep.equal([])
      const got = await fetch(`${server.url}/topics/visits`)
      expect([got.status, got.headers.get('allow')]).to.deep.equal([405, 'POST'])
    })

    it('refuses what is too large without reading it to its end', async () => {
      const { opened, started } = await start({ 'server.ingest.request.max.bytes': 2_048 })
      try {
        const records = [{ value: 'x'.repeat(4_096) }]
        const told = await refusal('visits', { records }, {}, started.url)
        expect(told).to.deep.equal([413, 413, 'more than 2048 bytes'])
        const { port } = new URL(started.url)
        const chunked = connect(Number(port), '127.0.0.1')
        const head = ['POST /topics/visits HTTP/1.1', 'host: x', `content-type: ${JSON_V2}`]
        chunked.write([...head, 'transfer-encoding: chunked', '', ''].join('\r\n'))
        for (let i = 0; i < 3; i++) chunked.write(`400\r\n${'x'.repeat(1_024)}\r\n`)
        const [answer] = (await once(chunked, 'data')) as [Buffer]
        expect(answer.toString()).to.match(/^HTTP\/1\.1 413 /)
        chunked.destroy()
      } finally {
        await started.close()
        await opened.close()
      }
    })

    it('lets a rate of records through, and says when to come again', async () => {
      const { opened, started } = await start({ 'server.ingest.records.per.second': 5 })
      try {
        const records = Array.from({ length: 12 }, () => ({ value: 1 }))
        expect((await post('visits', { records }, {}, started.url)).status).to.equal(200)
        const { status, headers, body } = await post('visits', { records }, {}, started.url)
        expect([status, body.error_code]).to.deep.equal([429, 429])
        expect(Number(headers.get('retry-after'))).to.be.within(1, 2)
      } finally {
        await started.close()
        await opened.close()
      }
    })

    it('holds no more than the buffer says', async () => {
      const { opened, started } = await start({ 'server.ingest.buffer.bytes': 3_000 })
      try {
        const records = [{ value: 'x'.repeat(2_000) }]
        const answers = await Promise.all(
          Array.from({ length: 8 }, () => post('visits', { records }, {}, started.url)),
        )
        const statuses = new Set(answers.map(({ status }) => status))
        expect([...statuses].sort()).to.deep.equal([200, 429])
        const refused = answers.find(({ status }) => status === 429)!
        expect(refused.headers.get('retry-after')).to.equal('1')
        // What was answered for has left room again.
        expect((await post('visits', { records }, {}, started.url)).status).to.equal(200)
      } finally {
        await started.close()
        await opened.close()
      }
    })

    it('asks for the token where there is one, and tells nobody what it is', async () => {
      const token = 'a-token-of-the-test'
      const { opened, started } = await start({ 'server.ingest.token': token })
      try {
        const records = [{ value: 1 }]
        for (const authorization of ['', 'Bearer other', `Basic ${token}`, `Bearer ${token}x`]) {
          const headers = authorization === '' ? {} : { authorization }
          const answer = await post('visits', { records }, headers, started.url)
          expect([answer.status, answer.body.error_code]).to.deep.equal([401, 40101])
          expect(answer.headers.get('www-authenticate')).to.equal('Bearer')
          expect(JSON.stringify(answer.body)).not.to.include(token)
        }
        const right = { authorization: `Bearer ${token}` }
        expect((await post('visits', { records }, right, started.url)).status).to.equal(200)
      } finally {
        await started.close()
        await opened.close()
      }
    })

    it('serves clients that keep their connections open, each record once', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 4 })
      const send = (value: number): Promise<[number, number]> =>
        new Promise((resolve, reject) => {
          const options = { method: 'POST', agent, headers: { 'content-type': JSON_V2 } }
          const request = httpRequest(`${server.url}/topics/visits`, options, (response) => {
            const { localPort } = request.socket!
            response.resume().on('end', () => resolve([response.statusCode!, localPort!]))
          })
          request.on('error', reject)
          request.end(JSON.stringify({ records: [{ key: 'kept', value }] }))
        })
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => send(i)))
      agent.destroy()
      expect(answers.map(([status]) => status)).to.deep.equal(Array<number>(100).fill(200))
      expect(new Set(answers.map(([, localPort]) => localPort))).to.have.property('size', 4)
      const kept = (await read('visits')).filter((record) => record.key?.toString() === '"kept"')
      const values = kept.map((record) => Number(record.value!.toString()))
      expect(values.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
    })

    it('waits for a body that comes slowly, and lets go one that does not come', async () => {
      const { port } = new URL(server.url)
      const body = JSON.stringify({ records: [{ value: 'slow' }] })
      const head = ['POST /topics/visits HTTP/1.1', 'host: x', `content-type: ${JSON_V2}`]
      const open = () => {
        const socket = connect(Number(port), '127.0.0.1')
        socket.write([...head, `content-length: ${body.length}`, '', body.slice(0, 5)].join('\r\n'))
        return socket
      }
      const [slow, stuck] = [open(), open()]
      const answers = [once(slow, 'data'), once(stuck, 'data')] as Promise<[Buffer]>[]
      await new Promise((resolve) => setTimeout(resolve, 300))
      slow.write(body.slice(5))
      const [slowly] = await answers[0]!
      expect(slowly.toString()).to.match(/^HTTP\/1\.1 200 /)
      const [never] = await answers[1]!
      expect(never.toString()).to.match(/^HTTP\/1\.1 408 /)
      slow.destroy()
      stuck.destroy()
      const gone = open()
      await once(gone, 'connect')
      gone.destroy()
    })

    it('counts posts by their status, and records by their topic', async () => {
      const metrics = async (): Promise<Map<string, number>> => {
        const text = await (await fetch(`${server.url}/metrics`)).text()
        const found = [
          ...text.matchAll(/^kafka_rest_(\w+)(?:\{(.*?),?application_id="visits"\})? (\d+)$/gm),
        ]
        return new Map(found.map(([, name, labels, value]) => [`${name} ${labels}`, Number(value)]))
      }
      const before = await metrics()
      expect(before.get('waiting_bytes ')).to.equal(0)
      const body = JSON.stringify({ records: [{ value: 1 }, { value: 2 }] })
      expect((await post('visits', body)).status).to.equal(200)
      expect((await post('secret', body)).status).to.equal(403)
      const after = await metrics()
      const grown = [...after].map(
        ([name, value]) => [name, value - (before.get(name) ?? 0)] as const,
      )
      expect(Object.fromEntries(grown.filter(([, by]) => by > 0))).to.deep.equal({
        'requests_total code="200"': 1,
        'requests_total code="403"': 1,
        'records_total topic="visits",result="written"': 2,
        'request_bytes_total ': body.length,
      })
    })

    it('took none of this for a failure of its own', () => {
      expect(failures).to.deep.equal([])
    })
  })
}
