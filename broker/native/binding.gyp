{
  # N-API only and not linked against librdkafka: its functions are found in the copy that has loaded us.
  "targets": [
    {
      "target_name": "millrace",
      "sources": ["<!@(node -p \"require('node:fs').readdirSync('.').filter((f) => f.endsWith('.cc')).join(' ')\")"],
      "include_dirs": ["vendor"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-Werror"],
      "cflags_cc": ["-std=c++17", "-O3", "-fvisibility=hidden"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "libraries": ["-ldl"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "OTHER_CFLAGS": ["-Wall", "-Wextra", "-Werror"]
      }
    }
  ]
}
