/// Where an object of a request is, from `params` on: spelled out only for the errors that name a field.
enum ObjectPath: Hashable, Sendable {
    /// `params` itself.
    case params

    /// The record of a `store`.
    case record

    /// One of the records of a `storeBatch`.
    case batchRecord(Int)

    /// The path of the object's member `name`.
    func member(_ name: some CustomStringConvertible) -> String {
        switch self {
        case .params: name.description
        case .record, .batchRecord: "\(text).\(name)"
        }
    }

    /// The path of the object itself.
    var text: String {
        switch self {
        case .params: "params"
        case .record: "record"
        case .batchRecord(let index): "records[\(index)]"
        }
    }
}
