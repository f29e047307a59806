package import JSON

/// One message of JSON-RPC 2.0, from either side. The two sides number their requests apart, so the same id in a
/// request and in an answer means two different things.
package enum JSONRPCMessage: Sendable, Equatable {
    /// The peer asks us; its id goes back unchanged.
    case request(id: JSON, method: String, params: JSON)
    case notification(method: String, params: JSON)
    /// Answers the request of ours with this number.
    case result(id: Int, JSON)
    /// Refuses it; nil when the peer could not even tell which.
    case failure(id: Int?, JSONRPCError)

    /// Nil for what is no message of the protocol.
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
