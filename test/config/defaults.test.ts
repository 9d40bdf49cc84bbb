import { expect } from 'chai'
import { describeConfig, loadConfig } from '../../config/config.ts'
import { explained } from '../../config/defaults.ts'

describe('settings beside their defaults', () => {
  const settings = explained(
    describeConfig(
      loadConfig({
        overrides: {
          'commit.interval.ms': 50,
          'emit.interval.ms': 20,
          'num.stream.threads': 3,
          'bootstrap.servers': '127.0.0.1:9092',
          'sasl.password': '${env:PASSWORD}',
        },
        env: { PASSWORD: 'hunter2' },
      }),
    ),
  )
  const of = (key: string) => settings.find((setting) => setting.key === key)

  it('tell what differs, and not what is written as it is anyway', () => {
    expect(of('commit.interval.ms')).to.deep.include({
      value: '50',
      default: '100',
      differs: true,
      source: '--set',
      about: 'How often progress becomes durable.',
    })
    expect(of('emit.interval.ms')).to.deep.include({ value: '20', default: '20', differs: false })
    expect(of('server.port')).to.deep.include({ value: '8080', default: '8080', differs: false })
  })

  it('tell of keys without a default, and of those of the client', () => {
    expect(of('num.stream.threads')).to.deep.include({ default: null, differs: true })
    expect(of('sasl.password')).to.deep.include({ default: null, about: null, differs: true })
  })

  it('show no secret', () => {
    expect(of('sasl.password')?.value).to.equal('***')
    expect(JSON.stringify(settings)).not.to.include('hunter2')
  })
})
