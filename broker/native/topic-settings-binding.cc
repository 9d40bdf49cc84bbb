// What topics are set to, which node-rdkafka's admin client cannot ask for (DescribeConfigs).
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bindings.h"
#include "broker-request.h"
#include "client-registry.h"
#include "napi-values.h"

namespace millrace {
namespace {

using Settings = std::map<std::string, std::string>;

std::vector<std::string> stringsOf(napi_env env, napi_value array) {
  uint32_t count = 0;
  napi_get_array_length(env, array, &count);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < count; i++) {
    napi_value at;
    napi_get_element(env, array, i, &at);
    strings.push_back(stringOf(env, at));
  }
  return strings;
}

napi_value textOf(napi_env env, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

/** Asks for settings by their names. */
class SettingsRequest : public BrokerRequest {
 public:
  SettingsRequest(std::shared_ptr<Client> client, std::vector<std::string> topics,
                  std::vector<std::string> names, int timeoutMs)
      : client_(std::move(client)),
        topics_(std::move(topics)),
        names_(std::move(names)),
        timeoutMs_(timeoutMs) {}

 protected:
  void ask() override {
    Inside inside(*client_);
    if (!inside) return;
    const Librdkafka* lib = librdkafka();
    char problem[256] = "";
    rd_kafka_AdminOptions_t* options =
        lib->rd_kafka_AdminOptions_new(client_->handle(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    lib->rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs_, problem, sizeof(problem));
    std::vector<rd_kafka_ConfigResource_t*> asked;
    for (const std::string& topic : topics_) {
      asked.push_back(lib->rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    }
    rd_kafka_queue_t* queue = lib->rd_kafka_queue_new(client_->handle());
    lib->rd_kafka_DescribeConfigs(client_->handle(), asked.data(), asked.size(), options, queue);
    // The request has a time limit of its own: the answer, or that there is none, comes in any case.
    rd_kafka_event_t* event = lib->rd_kafka_queue_poll(queue, -1);
    take(event);
    if (event != nullptr) lib->rd_kafka_event_destroy(event);
    lib->rd_kafka_queue_destroy(queue);
    for (rd_kafka_ConfigResource_t* resource : asked) lib->rd_kafka_ConfigResource_destroy(resource);
    lib->rd_kafka_AdminOptions_destroy(options);
  }

  napi_value answer(napi_env env) override {
    napi_value answer;
    napi_value topics;
    napi_create_object(env, &answer);
    napi_create_object(env, &topics);
    for (const auto& [topic, settings] : found_) {
      napi_value object;
      napi_create_object(env, &object);
      for (const auto& [name, value] : settings) {
        napi_set_property(env, object, textOf(env, name), textOf(env, value));
      }
      napi_set_property(env, topics, textOf(env, topic), object);
    }
    napi_set_named_property(env, answer, "topics", topics);
    if (!problem_.empty()) napi_set_named_property(env, answer, "problem", textOf(env, problem_));
    return answer;
  }

 private:
  void take(rd_kafka_event_t* event) {
    const Librdkafka* lib = librdkafka();
    if (event == nullptr) return;
    problem_ = lib->rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR
                   ? ""
                   : lib->rd_kafka_event_error_string(event);
    const rd_kafka_DescribeConfigs_result_t* result = lib->rd_kafka_event_DescribeConfigs_result(event);
    if (!problem_.empty() || result == nullptr) return;
    size_t count = 0;
    const rd_kafka_ConfigResource_t** resources =
        lib->rd_kafka_DescribeConfigs_result_resources(result, &count);
    for (size_t i = 0; i < count; i++) {
      const rd_kafka_resp_err_t error = lib->rd_kafka_ConfigResource_error(resources[i]);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        found_[lib->rd_kafka_ConfigResource_name(resources[i])] = settingsOf(resources[i]);
      } else if (problem_.empty()) {
        problem_ = lib->rd_kafka_err2str(error);
      }
    }
  }

  Settings settingsOf(const rd_kafka_ConfigResource_t* resource) {
    const Librdkafka* lib = librdkafka();
    Settings settings;
    size_t count = 0;
    const rd_kafka_ConfigEntry_t** entries = lib->rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
      const std::string name = lib->rd_kafka_ConfigEntry_name(entries[i]);
      const char* value = lib->rd_kafka_ConfigEntry_value(entries[i]);
      for (const std::string& wanted : names_) {
        if (name == wanted && value != nullptr) settings[name] = value;
      }
    }
    return settings;
  }

  const std::shared_ptr<Client> client_;
  const std::vector<std::string> topics_;
  const std::vector<std::string> names_;
  const int timeoutMs_;
  std::map<std::string, Settings> found_;
  std::string problem_ = "the client is being closed";
};

// topicSettings(clientId, topics, names, timeoutMs): Promise<{ topics, problem? }>
napi_value topicSettings(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  auto client = findClient(stringOf(env, arguments[0]));
  if (client == nullptr) return fail(env, "the client is being closed, or is not there");
  auto topics = stringsOf(env, arguments[1]);
  auto names = stringsOf(env, arguments[2]);
  const int timeoutMs = int32Of(env, arguments[3]);
  return BrokerRequest::start(
      env, "millrace:topic-settings",
      std::make_unique<SettingsRequest>(std::move(client), std::move(topics), std::move(names), timeoutMs));
}

}  // namespace

void addTopicSettings(napi_env env, napi_value exports) {
  setFunction(env, exports, "topicSettings", topicSettings);
}

}  // namespace millrace
