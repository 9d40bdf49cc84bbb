// node-rdkafka is optional: where it could not be built, the project compiles all the same. What is
// used of it is typed in rd-client.ts.
declare module 'node-rdkafka' {
  const client: object
  export default client
}
