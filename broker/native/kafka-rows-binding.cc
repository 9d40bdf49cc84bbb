// Partitions and topics of Kafka as a worker reads and writes them; kafka-addon.ts has the types.
#include "bindings.h"
#include "client-registry.h"
#include "napi-values.h"
#include "packed-writer.h"
#include "partition-reader.h"
#include "waker.h"

namespace millrace {
namespace {

napi_value undefinedValue(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

// openReader(clientId, topic, partition, offset, waker): Handle | undefined
napi_value openReader(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  const auto client = findClient(stringOf(env, arguments[0]));
  if (client == nullptr) return undefinedValue(env);
  const ReaderPosition from = {stringOf(env, arguments[1]), int32Of(env, arguments[2]),
                               int64Of(env, arguments[3])};
  auto reader = PartitionReader::open(client, from, Waker::find(int32Of(env, arguments[4])));
  return reader == nullptr ? undefinedValue(env) : handleOf(env, reader.release());
}

// poll(reader, bytes, ends, nulls, timestamps, offsets, state): rows, or -1 when the client is gone.
// state: 0 bytes used, 1 bytes that the next record needs, 2 whether a record is left, 3 end of the partition
// or -1, 4 high watermark or -1, 5 error code
napi_value poll(napi_env env, napi_callback_info info) {
  Arguments<7> arguments(env, info);
  auto* reader = objectOf<PartitionReader>(env, arguments[0]);
  const auto bytes = spanOf<uint8_t>(env, arguments[1]);
  const auto offsets = spanOf<double>(env, arguments[5]);
  const PollOutcome outcome =
      reader->poll({bytes.data, bytes.length, spanOf<uint32_t>(env, arguments[2]).data,
                    spanOf<uint8_t>(env, arguments[3]).data, spanOf<double>(env, arguments[4]).data,
                    offsets.data, offsets.length});
  if (outcome.isClosed) return numberOf(env, -1);
  double* state = spanOf<double>(env, arguments[6]).data;
  state[0] = static_cast<double>(outcome.bytes);
  state[1] = static_cast<double>(outcome.bytesNeeded);
  state[2] = outcome.hasLeft ? 1 : 0;
  state[3] = static_cast<double>(outcome.endOfPartition);
  state[4] = static_cast<double>(outcome.highWatermark);
  state[5] = static_cast<double>(outcome.error);
  return numberOf(env, static_cast<double>(outcome.rows));
}

// readerError(reader): string
napi_value readerError(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const std::string& text = objectOf<PartitionReader>(env, arguments[0])->errorText();
  napi_value value;
  napi_create_string_utf8(env, text.c_str(), text.size(), &value);
  return value;
}

// closeReader(reader)
napi_value closeReader(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  objectOf<PartitionReader>(env, arguments[0])->close();
  return nullptr;
}

// openWriter(clientId, topic, waker): Handle | undefined
napi_value openWriter(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const auto client = findClient(stringOf(env, arguments[0]));
  if (client == nullptr) return undefinedValue(env);
  auto writer =
      PackedWriter::open(client, stringOf(env, arguments[1]), Waker::find(int32Of(env, arguments[2])));
  return writer == nullptr ? undefinedValue(env) : handleOf(env, writer.release());
}

// reserve(writer, rows): epoch
napi_value reserve(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const auto rows = static_cast<size_t>(int32Of(env, arguments[1]));
  return numberOf(env, objectOf<PackedWriter>(env, arguments[0])->reserve(rows));
}

// produce(writer, epoch, partition, bytes, ends, nulls, timestamps, from, count): first row not taken
napi_value produce(napi_env env, napi_callback_info info) {
  Arguments<9> arguments(env, info);
  const PackedRows rows = {spanOf<uint8_t>(env, arguments[3]).data, spanOf<uint32_t>(env, arguments[4]).data,
                           spanOf<uint8_t>(env, arguments[5]).data, spanOf<double>(env, arguments[6]).data,
                           static_cast<size_t>(int32Of(env, arguments[8]))};
  const auto from = static_cast<size_t>(int32Of(env, arguments[7]));
  auto* writer = objectOf<PackedWriter>(env, arguments[0]);
  const int64_t next = writer->produce(rows, from, int32Of(env, arguments[2]), int32Of(env, arguments[1]));
  return numberOf(env, static_cast<double>(next));
}

// bytesInFlight(writer): number
napi_value bytesInFlight(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return numberOf(env, static_cast<double>(objectOf<PackedWriter>(env, arguments[0])->bytesInFlight()));
}

// closeWriter(writer)
napi_value closeWriter(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  objectOf<PackedWriter>(env, arguments[0])->close();
  return nullptr;
}

}  // namespace

void addKafkaRows(napi_env env, napi_value exports) {
  setFunction(env, exports, "openReader", openReader);
  setFunction(env, exports, "poll", poll);
  setFunction(env, exports, "readerError", readerError);
  setFunction(env, exports, "closeReader", closeReader);
  setFunction(env, exports, "openWriter", openWriter);
  setFunction(env, exports, "reserve", reserve);
  setFunction(env, exports, "produce", produce);
  setFunction(env, exports, "bytesInFlight", bytesInFlight);
  setFunction(env, exports, "closeWriter", closeWriter);
}

}  // namespace millrace
