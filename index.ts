// Everything public: the DSL, serdes, runStreams, the config type and errors.
export {}
