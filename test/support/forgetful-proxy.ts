// Stands between clients and a Kafka, and once it is told to keeps a batch from arriving, as at a broker that is just
// starting: the batch is answered "not leader" once a later one is on its way, which then arrives.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

const PRODUCE = 0
const NOT_LEADER = 6
/** Where no later batch comes, which is what some settings are for. */
const ALONE_MS_MAX = 1_000

// Places in messages of Kafka's protocol, which begin with their size.
const API_KEY = 4
const ID_OF_REQUEST = 8
const ID_OF_ANSWER = 4
/** Without the topic's name. */
const ANSWER_BYTES = 51

/** A proxy of one broker, whose `advertised.listeners` must name its address. */
export class ForgetfulProxy {
  readonly #server: Server
  #brokerPort = 0
  #topic: string | undefined
  #answer: (() => void) | undefined
  /** How many batches were kept back. */
  kept = 0

  constructor() {
    this.#server = createServer((client) => this.#serve(client))
  }

  /** Listens on a free port of the loopback address. @returns `host:port` */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Where the broker is; nothing can be passed on before. */
  toBroker(address: string): void {
    this.#brokerPort = Number(address.split(':')[1])
  }

  /** Keeps back the next batch for partition 0 of a topic. */
  keepNext(topic: string): void {
    this.#topic = topic
  }

  close(): void {
    this.#server.close()
  }

  #serve(client: Socket): void {
    const broker = connect(this.#brokerPort, '127.0.0.1')
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
    }
    eachMessage(client, (message) => {
      if (message.readInt16BE(API_KEY) === PRODUCE) {
        const id = message.readInt32BE(ID_OF_REQUEST)
        if (this.#topic !== undefined && message.includes(this.#topic)) {
          return this.#keep(id, this.#topic, client)
        }
        this.#answer?.()
      }
      broker.write(message)
    })
    eachMessage(broker, (message) => client.write(message))
  }

  #keep(id: number, topic: string, client: Socket): void {
    this.#topic = undefined
    this.kept += 1
    const refusal = refusalOf(id, topic)
    const timer = setTimeout(() => this.#answer?.(), ALONE_MS_MAX)
    this.#answer = () => {
      this.#answer = undefined
      clearTimeout(timer)
      client.write(refusal)
    }
  }
}

/** The answer to a request for one partition, as of version 9 to 12 of the protocol's ProduceResponse. */
function refusalOf(id: number, topic: string): Buffer {
  const answer = Buffer.alloc(ANSWER_BYTES + topic.length)
  answer.writeInt32BE(answer.length - 4)
  answer.writeInt32BE(id, ID_OF_ANSWER)
  // Lists and texts of so many begin with one more, and end with the 0 of no further fields.
  const list = answer.writeUInt8(1 + 1, ID_OF_ANSWER + 5)
  const name = answer.writeUInt8(topic.length + 1, list)
  const partitions = answer.writeUInt8(1 + 1, name + answer.write(topic, name))
  const error = answer.writeInt32BE(0, partitions)
  const offset = answer.writeInt16BE(NOT_LEADER, error)
  const times = answer.writeBigInt64BE(-1n, offset)
  const start = answer.writeBigInt64BE(-1n, times)
  const rows = answer.writeBigInt64BE(-1n, start)
  answer.writeUInt8(0 + 1, rows)
  return answer
}

/** Calls back with each message of a connection, whole. */
function eachMessage(socket: Socket, call: (message: Buffer) => void): void {
  let bytes = Buffer.alloc(0)
  socket.on('data', (more: Buffer) => {
    bytes = Buffer.concat([bytes, more])
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const size = 4 + bytes.readInt32BE(0)
      call(bytes.subarray(0, size))
      bytes = bytes.subarray(size)
    }
  })
}
