import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("The API's document", .timeLimit(.minutes(1)))
struct APIDocumentTests {
    private struct Operation {
        let name: String
        let json: JSON
        var parameters: [JSON] { self.json["parameters"]?.arrayValue ?? [] }
        var answers: [String] { self.json["responses"]?.objectValue?.keys.map { $0 } ?? [] }
    }

    private static func operations(_ document: JSON) -> [Operation] {
        (document["paths"]?.objectValue ?? [:]).flatMap { path, item in
            (item.objectValue ?? [:]).map { Operation(name: "\($0.key) \(path)", json: $0.value) }
        }
    }

    @Test("whatever takes parameters or a body documents that they may be refused, and lists are bounded")
    func refusals() async throws {
        try await GatewayHarness.run { harness in
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let operations = Self.operations(document)
            #expect(operations.count > 30)
            for operation in operations where operation.name.contains("/api/") {
                let takesInput = operation.parameters.contains { $0["in"] == "query" || $0["in"] == "header" }
                let hasBody = operation.json["requestBody"] != nil
                if takesInput || hasBody { #expect(operation.answers.contains("400"), "\(operation.name)") }
                if hasBody { #expect(Set(operation.answers).isSuperset(of: ["413", "415"]), "\(operation.name)") }
                for limit in operation.parameters where limit["name"] == "limit" {
                    #expect(limit["schema"]?["maximum"]?.intValue ?? 0 > 1, "\(operation.name)")
                }
            }
            let export = operations.first { $0.name == "get /api/v1/threads/{id}/export" }
            let types = export?.json["responses"]?["200"]?["content"]?.objectValue?.keys.sorted()
            expectEqual(types, ["application/json", "text/markdown"])
        }
    }

    @Test("the documented bounds are those of the routes")
    func bounds() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let id = try #require(try await caller.send(.post, "/api/v1/threads", json: [:]).json["id"]?.stringValue)
            for (target, most) in [
                ("/api/v1/threads?limit=", 100), ("/api/v1/sessions?limit=", 100), ("/api/v1/audit?limit=", 200),
                ("/api/v1/threads/\(id)/messages?limit=", 200),
            ] {
                try await expectEqual(caller.send(.get, target + "\(most)").status, 200, "\(target)")
                for wrong in ["\(most + 1)", "0", "x"] {
                    try await expectEqual(caller.send(.get, target + wrong).status, 422, "\(target)\(wrong)")
                }
            }
            try await expectEqual(caller.send(.get, "/api/v1/threads/\(id)/steps?after=0").status, 200)
            for wrong in ["-1", "6.6e-134", ""] {
                try await expectEqual(caller.send(.get, "/api/v1/threads/\(id)/steps?after=\(wrong)").status, 422)
            }
        }
    }

    @Test("what is said of an operation is in its description, and of none that does not exist")
    func details() async throws {
        try await GatewayHarness.run { harness in
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let described = Self.operations(document).compactMap { operation in
                operation.json["description"] == nil ? nil : operation.json["operationId"]?.stringValue
            }
            expectEqual(described.sorted(), APIDetails.all.keys.sorted())
        }
    }
}
