// The library's own types, generated from it: an app imports `Yorisoi` alone.
@_exported import YorisoiCore
