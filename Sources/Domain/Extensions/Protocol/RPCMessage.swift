internal import JSON
internal import Primitives

/// The id of a request. Both sides count for themselves, so an id of the server may equal one of the client.
enum RPCID: Sendable, Hashable {
    case number(Int64)
    case text(String)

    /// Nil for null and everything else that is not an id (JSON-RPC 2.0 §4, narrowed by the protocol).
    init?(_ json: JSON?) {
        switch json {
        case .integer(let number)?: self = .number(number)
        // Some libraries write every number as a float.
        case .number(let number)?:
            guard let whole = Int64(exactly: number) else { return nil }
            self = .number(whole)
        case .string(let text)?: self = .text(text)
        default: return nil
        }
    }

    var json: JSON {
        switch self {
        case .number(let number): .integer(number)
        case .text(let text): .string(text)
        }
    }
}

/// An answer that says that a request failed.
struct RPCError: Error, Equatable {
    /// The error codes that this client acts on.
    enum Code {
        static let headerMismatch = -32020
        static let unsupportedVersion = -32022
        static let methodNotFound = -32601
        static let invalidParams = -32602
    }

    /// Of a message, which is a server's words.
    private static let messageLimit = 2_000

    let code: Int
    let message: String
    var data = JSON.null

    init(code: Int, message: String, data: JSON = .null) {
        self.code = code
        self.message = message
        self.data = data
    }

    init?(_ json: JSON) {
        guard let code = json["code"]?.intValue else { return nil }
        self.init(
            code: code, message: (json["message"]?.stringValue ?? "").abridged(to: Self.messageLimit),
            data: json["data"] ?? .null)
    }
}

/// One message of JSON-RPC 2.0. Batches do not exist since the revision 2025-06-18.
enum RPCMessage: Equatable {
    case request(RPCID, method: String, params: JSON)
    case notification(method: String, params: JSON)
    case result(RPCID, JSON)
    /// Without an id where the other side could not read it.
    case failure(RPCID?, RPCError)

    /// Nil for what is not a message. `jsonrpc` is not looked at: nothing follows from it.
    init?(_ json: JSON) {
        guard case .object(let object) = json else { return nil }
        let id = RPCID(object["id"])
        if let method = object["method"]?.stringValue {
            let params = object["params"] ?? .null
            guard object["id"] != nil else {
                self = .notification(method: method, params: params)
                return
            }
            guard let id else { return nil }
            self = .request(id, method: method, params: params)
        } else if let error = object["error"].flatMap(RPCError.init) {
            self = .failure(id, error)
        } else if let id, let result = object["result"] {
            self = .result(id, result)
        } else {
            return nil
        }
    }

    var json: JSON {
        var object: JSONObject = ["jsonrpc": "2.0"]
        switch self {
        case .request(let id, let method, let params):
            object["id"] = id.json
            object["method"] = .string(method)
            if !params.isNull { object["params"] = params }
        case .notification(let method, let params):
            object["method"] = .string(method)
            if !params.isNull { object["params"] = params }
        case .result(let id, let result):
            object["id"] = id.json
            object["result"] = result
        case .failure(let id, let error):
            object["id"] = id?.json ?? .null
            object["error"] = ["code": JSON(error.code), "message": .string(error.message)]
        }
        return .object(object)
    }

    // MARK: Bytes

    /// The message in these bytes; nil if they hold none. Large ones are parsed apart from the loop.
    static func read(_ bytes: [UInt8]) async -> RPCMessage? {
        bytes.count < 32 << 10 ? Self.parse(bytes) : await Self.parseApart(bytes)
    }

    static func parse(_ bytes: [UInt8]) -> RPCMessage? { (try? JSON.parse(bytes)).flatMap(RPCMessage.init) }

    @concurrent
    private static func parseApart(_ bytes: [UInt8]) async -> RPCMessage? { Self.parse(bytes) }
}
