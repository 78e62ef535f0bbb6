import MemoryModel
import StrictJSON
import Testing
import WireProtocol

/// `schema/protocol` is what clients are written from: what it says and what the code does are one.
@Suite("The protocol's schemas", .serialized)
struct SchemaTests {
    @Test("errors.json is the table of error kinds")
    func errors() throws {
        let table = try JSONSchema.document("errors.json")
        var kinds: Set<String> = []
        for entry in table.elements {
            let kind = try #require(ErrorKind(rawValue: entry["kind"]?.string ?? ""), "\(entry.compacted())")
            #expect(entry["code"]?.int64 == Int64(kind.code))
            #expect(entry["retryable"]?.boolean == kind.isRetryable)
            #expect(entry["when"]?.string?.isEmpty == false)
            #expect(Set(entry.members.map(\.name)) == ["code", "kind", "retryable", "when"])
            kinds.insert(kind.rawValue)
        }
        #expect(kinds == Set(ErrorKind.allCases.map(\.rawValue)))
        #expect(Array(table.elements).count == ErrorKind.allCases.count)
        let error = try JSONSchema("answer.json", at: "$defs/error")
        let codes = try error.property("code").node["enum"].map { $0.elements.compactMap(\.int64) }
        #expect(codes.map(Set.init) == Set(ErrorKind.allCases.map { Int64($0.code) }))
        let named = try error.property("data").property("kind").node["enum"].map { $0.elements.compactMap(\.string) }
        #expect(named.map(Set.init) == kinds)
    }

    @Test("every method has a file, and every file a method")
    func methods() throws {
        #expect(try JSONSchema.methodNames() == Set(ProtocolMethod.allCases.map(\.rawValue)))
    }

    @Test("a method's file is named, and its examples are valid", arguments: ProtocolMethod.allCases)
    func examples(method: ProtocolMethod) throws {
        let path = "methods/\(method).json"
        let file = try JSONSchema.document(path)
        #expect(file["title"]?.string == method.rawValue)
        #expect(file["description"]?.string?.isEmpty == false)
        let examples = Array(try #require(file["examples"]).elements)
        #expect(!examples.isEmpty)
        for example in examples {
            let (params, result) = (try #require(example["params"]), try #require(example["result"]))
            #expect(try JSONSchema(path, at: "$defs/params").fault(in: params) == nil)
            #expect(try JSONSchema(path, at: "$defs/result").fault(in: result) == nil)
            #expect(storeError { () throws(StoreError) in _ = try MethodCall(method, params: params) } == nil)
        }
    }

    /// Every name that any method's parameters know.
    private static func allNames() throws -> Set<String> {
        var names: Set<String> = ["extra", "version", "createdAt", "updatedAt", "Id", "agentid", "fresh ", ""]
        for method in ProtocolMethod.allCases {
            names.formUnion(try JSONSchema("methods/\(method).json", at: "$defs/params").fields.all)
        }
        return names.union(try JSONSchema("definitions.json", at: "$defs/recordSent").fields.all)
    }

    private static func isUnknown(_ error: StoreError?, _ field: String) -> Bool {
        error?.field == field
            && (error?.message.hasPrefix("unknown field") == true || error?.message.contains("strip it") == true)
    }

    @Test("a method takes the fields of its schema and no others", arguments: ProtocolMethod.allCases)
    func fieldNames(method: ProtocolMethod) throws {
        let fields = try JSONSchema("methods/\(method).json", at: "$defs/params").fields
        for name in try Self.allNames() {
            let error = try refusal(method, "{\"\(name)\":[]}")
            #expect(
                Self.isUnknown(error, name) == !fields.all.contains(name),
                "\(method).\(name): \(String(describing: error))")
        }
    }

    @Test("a record takes the fields of its schema and no others")
    func recordNames() throws {
        let fields = try JSONSchema("definitions.json", at: "$defs/recordSent").fields
        for name in try Self.allNames() {
            let error = try refusal(.store, "{\"record\":{\"\(name)\":[]}}")
            #expect(
                Self.isUnknown(error, "record.\(name)") == !fields.all.contains(name),
                "\(name): \(String(describing: error))")
        }
        #expect(fields.required == ["agentId", "context"])
    }

    @Test("a method asks for what its schema requires", arguments: ProtocolMethod.allCases)
    func requiredFields(method: ProtocolMethod) throws {
        let fields = try JSONSchema("methods/\(method).json", at: "$defs/params").fields
        for params in [nil, "{}"] {
            let error = try refusal(method, params)
            if method == .clear {
                #expect(error?.field == "agentId")
            } else {
                #expect((error == nil) == fields.required.isEmpty, "\(method)")
                if let field = error?.field { #expect(fields.required.contains(field), "\(method).\(field)") }
            }
        }
    }

    @Test("the bounds in the schemas are the limits of the code")
    func limits() throws {
        let record = try JSONSchema("definitions.json", at: "$defs/recordSent")
        let embeddings = try record.property("embeddings")
        #expect(embeddings.number("minItems") == 1 && embeddings.number("maxItems") == Limits.embeddings)
        let tags = try record.property("tags")
        #expect(tags.number("maxItems") == Limits.tags)
        #expect(try tags.items().number("maxLength") == MemoryTag.maximumLength)
        let importance = try JSONSchema("definitions.json", at: "$defs/importance")
        #expect(importance.number("minimum") == Limits.importance.lowerBound)
        #expect(importance.number("maximum") == Limits.importance.upperBound)
        #expect(record.node["properties"]?["importance"]?["default"]?.int64 == Int64(Limits.defaultImportance))
        let context = try #require(record.property("context").node["description"]?.string)
        #expect(context.contains("\(Limits.contextDepth) deep") && context.contains("1,048,576 bytes"))
        #expect(Limits.contextBytes == 1_048_576 && Limits.agentMetadataBytes == 65_536)
        for (file, name) in [("storeBatch", "records"), ("getBatch", "ids")] {
            let batch = try JSONSchema("methods/\(file).json", at: "$defs/params").property(name)
            #expect(
                batch.number("minItems") == Limits.batch.lowerBound
                    && batch.number("maxItems") == Limits.batch.upperBound)
        }
        let limit = try JSONSchema("definitions.json", at: "$defs/limit")
        #expect(limit.number("minimum") == Limits.page.lowerBound && limit.number("maximum") == Limits.page.upperBound)
        #expect(limit.number("default") == Limits.defaultPage)
        let registration = try JSONSchema("methods/registerAgent.json", at: "$defs/params")
        #expect(try registration.property("name").number("maxLength") == Limits.agentNameLength)
        #expect(try registration.property("capabilities").number("maxItems") == Limits.tags)
        #expect(try registration.property("metadata").node["description"]?.string?.contains("65,536 bytes") == true)
        let deadline = try JSONSchema("request.json").property("deadlineMs")
        #expect(deadline.number("minimum").map(Int64.init) == Limits.deadlineMilliseconds.lowerBound)
        #expect(deadline.number("maximum").map(Int64.init) == Limits.deadlineMilliseconds.upperBound)
        let version = try JSONSchema("methods/getHealth.json", at: "$defs/result").property("protocol")
        #expect(version.node["const"]?.int64 == Int64(HealthReport.protocolVersion))
    }

    @Test(
        "request.json says what a request is",
        arguments: RPCRequestTests.accepted.map(\.text) + RPCRequestTests.invalid.map(\.text))
    func requests(text: String) throws {
        let isRequest = (try? RPCRequest(parsing: Array(text.utf8))) != nil
        // Parameters and deadlines are checked after the request is known to be one.
        guard !text.contains("soon") else { return }
        let fault = try JSONSchema("request.json").fault(in: JSONDocument(parsing: Array(text.utf8)).root)
        #expect((fault == nil) == isRequest, "\(fault ?? "valid"): \(text)")
    }
}
