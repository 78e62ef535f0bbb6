// What this library's own interface is made of comes with `import BrainClient`.
@_exported public import MemoryModel
@_exported public import StrictJSON
@_exported public import WireProtocol
