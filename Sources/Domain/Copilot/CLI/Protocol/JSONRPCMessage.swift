package import JSON

/// One message of JSON-RPC 2.0, from either side. Each side numbers its own requests, so the same id in a request and
/// in an answer means different things.
package enum JSONRPCMessage: Sendable, Equatable {
    /// A request to us; its id goes back unchanged.
    case request(id: JSON, method: String, params: JSON)
    case notification(method: String, params: JSON)
    /// The answer to our request with this number.
    case result(id: Int, JSON)
    /// The refusal of our request; nil when the peer could not identify it.
    case failure(id: Int?, JSONRPCError)

    /// Nil for anything but a message of the protocol.
    package init?(_ json: JSON) {
        guard case .object = json else { return nil }
        let id = json["id"].flatMap { $0.isNull ? nil : $0 }
        if let method = json["method"]?.stringValue {
            let params = json["params"] ?? .null
            self =
                id.map { .request(id: $0, method: method, params: params) }
                ?? .notification(method: method, params: params)
            return
        }
        if let error = json["error"], !error.isNull {
            let reason = JSONRPCError(
                code: error["code"]?.intValue ?? 0, message: error["message"]?.stringValue ?? "no reason given")
            self = .failure(id: id?.intValue, reason)
            return
        }
        guard let id = id?.intValue else { return nil }
        self = .result(id: id, json["result"] ?? .null)
    }

    /// Nil for anything but a message of the protocol.
    init?(parsing bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes) else { return nil }
        self.init(json)
    }

    /// Parses off the event loop, for messages that would block it for too long.
    @concurrent static func parsedApart(_ bytes: [UInt8]) async -> JSONRPCMessage? { JSONRPCMessage(parsing: bytes) }

    package static func request(_ id: Int, _ method: String, _ params: JSON) -> JSON {
        ["jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": params]
    }

    package static func answer(to id: JSON, _ result: JSON) -> JSON {
        ["jsonrpc": "2.0", "id": id, "result": result]
    }

    package static func refusal(of id: JSON, _ error: JSONRPCError) -> JSON {
        [
            "jsonrpc": "2.0", "id": id,
            "error": ["code": .integer(Int64(error.code)), "message": .string(error.message)],
        ]
    }
}

/// A refusal by the peer of a JSON-RPC connection, with its message.
package struct JSONRPCError: Error, Sendable, Equatable {
    /// "Method not found" in JSON-RPC 2.0.
    package static let methodNotFound = -32601

    package let code: Int
    package let message: String
}
