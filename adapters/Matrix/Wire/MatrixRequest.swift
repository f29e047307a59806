package import HTTP
package import JSON

/// One call of the client-server API.
package struct MatrixRequest: Sendable, Equatable {
    /// Decides how the answer is handled.
    package enum Purpose: Sendable, Equatable {
        /// Finds the API of a server name.
        case wellKnown
        case versions
        case loginFlows
        case login
        /// Renews a token before it expires.
        case refresh
        case whoAmI
        case displayName
        case mediaLimit
        case sync(since: String?)
        /// A page of the events that a limited timeline omitted.
        case gap(room: String)
        /// One event, to learn its sender.
        case event(room: String, id: String)
        /// What a room was created for.
        case creation(room: String)
        case join(room: String)
        case leave(room: String)
        /// Leaves a room that the bot should not have joined, and then forgets it.
        case abandon(room: String)
        case forget(room: String)
        /// Joins the room that replaces `room`.
        case upgrade(room: String, to: String)
        case receipt
        case typing
        /// A message, reaction or redaction: see ``MatrixOutgoing``.
        case send
        /// A lookup whose caller handles the answer.
        case look
    }

    package var purpose: Purpose
    package var method: HTTPMethod
    /// The path segments after the server's address, unescaped.
    package var path: [String]
    package var query: HTTPQuery
    package var body: JSON?
    /// Whether the access token is sent.
    package var isAuthorised: Bool
    /// For the whole exchange, in milliseconds.
    package var timeout: Int64
    /// The most bytes of the answer.
    package var answerLimit = MatrixRequest.answerLimit

    /// A first sync of thousands of rooms takes dozens of megabytes.
    static let answerLimit = 256 << 20

    init(
        _ purpose: Purpose, _ method: HTTPMethod, _ path: [String], query: HTTPQuery = [:], body: JSON? = nil,
        isAuthorised: Bool = true, timeout: Int64 = 60_000
    ) {
        self.purpose = purpose
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.isAuthorised = isAuthorised
        self.timeout = timeout
    }

    static let client = ["_matrix", "client", "v3"]

    static func room(_ id: String, _ rest: String...) -> [String] { Self.client + ["rooms", id] + rest }

    // MARK: Signing in

    static let wellKnown = MatrixRequest(
        .wellKnown, .get, [".well-known", "matrix", "client"], isAuthorised: false, timeout: 20_000)
    static let versions = MatrixRequest(
        .versions, .get, ["_matrix", "client", "versions"], isAuthorised: false, timeout: 20_000)
    static let loginFlows = MatrixRequest(
        .loginFlows, .get, Self.client + ["login"], isAuthorised: false, timeout: 20_000)
    static let whoAmI = MatrixRequest(.whoAmI, .get, Self.client + ["account", "whoami"], timeout: 20_000)
    static let mediaLimit = MatrixRequest(
        .mediaLimit, .get, ["_matrix", "client", "v1", "media", "config"], timeout: 20_000)

    /// Always uses the same device: transaction ids are valid only on it. `isRefreshable` asks for a refresh token too;
    /// such access tokens may expire soon. Without `device` the server makes a new one.
    static func login(user: String, password: String, device: String?, isRefreshable: Bool = false) -> MatrixRequest {
        var body: JSONObject = [
            "type": "m.login.password", "identifier": ["type": "m.id.user", "user": .string(user)],
            "password": .string(password), "initial_device_display_name": "Jetbridge",
        ]
        body["device_id"] = device.map { .string($0) }
        if isRefreshable { body["refresh_token"] = true }
        return MatrixRequest(.login, .post, Self.client + ["login"], body: .object(body), isAuthorised: false)
    }

    static func refresh(_ token: String) -> MatrixRequest {
        MatrixRequest(
            .refresh, .post, Self.client + ["refresh"], body: ["refresh_token": .string(token)], isAuthorised: false)
    }

    static func displayName(of user: String) -> MatrixRequest {
        MatrixRequest(.displayName, .get, Self.client + ["profile", user, "displayname"], timeout: 20_000)
    }

    static let logout = MatrixRequest(.look, .post, Self.client + ["logout"], body: [:], timeout: 20_000)
    static let joinedRooms = MatrixRequest(.look, .get, Self.client + ["joined_rooms"], timeout: 20_000)

    static func encryption(of room: String) -> MatrixRequest {
        MatrixRequest(.look, .get, Self.room(room, "state", "m.room.encryption"), timeout: 20_000)
    }

    // MARK: Reading

    /// How long the server holds a `/sync` without news, in milliseconds.
    static let pollTime: Int64 = 30_000

    /// `wait`: how long the server waits for news, in milliseconds. `limit`: the maximum events per room.
    static func sync(since: String?, wait: Int64, limit: Int) -> MatrixRequest {
        let wait = since == nil ? 0 : wait
        var query: HTTPQuery = ["timeout": String(wait), "set_presence": "offline"]
        if let since { query.append("since", since) }
        query.append("filter", Self.syncFilter(limit: limit).text)
        // A first sync of many rooms takes minutes.
        let patience: Int64 = since == nil ? 300_000 : 20_000
        return MatrixRequest(
            .sync(since: since), .get, Self.client + ["sync"], query: query, timeout: wait + patience)
    }

    /// Sent with each request rather than stored on the server, so there is no filter id to remember.
    private static func syncFilter(limit: Int) -> JSON {
        let nothing: JSON = ["types": []]
        return [
            "presence": nothing, "account_data": ["types": ["m.direct", .string(MatrixKeyStamp.type)]],
            "room": [
                "timeline": [
                    "limit": JSON(limit), "types": Self.types(MatrixEventType.timeline),
                    "lazy_load_members": true,
                ],
                "state": ["types": Self.types(MatrixEventType.state), "lazy_load_members": true],
                "ephemeral": nothing, "account_data": nothing,
            ],
        ]
    }

    private static func types(_ types: [MatrixEventType]) -> JSON { .array(types.map { .string($0.rawValue) }) }

    /// A page of the events from `from` on, oldest first. It omits the bot's own: a long answer is many edits.
    static func gap(room: String, from: String, to: String?, without user: String) -> MatrixRequest {
        let filter: JSON = [
            "types": Self.types(MatrixEventType.timeline), "not_senders": [.string(user)], "lazy_load_members": true,
        ]
        var query: HTTPQuery = ["dir": "f", "from": from, "limit": "100", "filter": filter.text]
        if let to { query.append("to", to) }
        return MatrixRequest(.gap(room: room), .get, Self.room(room, "messages"), query: query)
    }

    /// A page of the bot's own messages, newest first.
    static func ownMessages(room: String, from: String?, user: String) -> MatrixRequest {
        let filter: JSON = [
            "types": Self.types([.message, .encrypted]), "senders": [.string(user)],
        ]
        var query: HTTPQuery = ["dir": "b", "limit": "100", "filter": filter.text]
        if let from { query.append("from", from) }
        return MatrixRequest(.look, .get, Self.room(room, "messages"), query: query)
    }

    // MARK: The past

    /// Of what a room has said: a page of the longest messages, each with an edit, has some 13 MB.
    private static let pastLimit = 16 << 20

    /// A page of a thread's messages without its root, newest first.
    static func thread(room: String, root: String, from: String?, limit: Int) -> MatrixRequest {
        var query: HTTPQuery = ["dir": "b", "limit": String(limit)]
        if let from { query.append("from", from) }
        return Self.past(["_matrix", "client", "v1", "rooms", room, "relations", root, "m.thread"], query)
    }

    /// The messages of a room before an event, newest first. The server halves the limit.
    static func before(room: String, event: String, limit: Int) -> MatrixRequest {
        Self.past(
            Self.room(room, "context", event), ["limit": String(limit * 2), "filter": Self.saidFilter.text])
    }

    /// A page of a room's messages, newest first.
    static func messages(room: String, from: String?, limit: Int) -> MatrixRequest {
        var query: HTTPQuery = ["dir": "b", "limit": String(limit), "filter": Self.saidFilter.text]
        if let from { query.append("from", from) }
        return Self.past(Self.room(room, "messages"), query)
    }

    private static let saidFilter: JSON = ["types": Self.types(MatrixEventType.said), "lazy_load_members": true]

    static func look(at event: String, in room: String) -> MatrixRequest {
        Self.past(Self.room(room, "event", event), [:])
    }

    /// The content of a state event, or the whole of it.
    static func state(
        of room: String, _ type: MatrixEventType, key: String? = nil, isWhole: Bool = false
    ) -> MatrixRequest {
        Self.past(
            Self.room(room, "state", type.rawValue) + (key.map { [$0] } ?? []), isWhole ? ["format": "event"] : [:])
    }

    private static func past(_ path: [String], _ query: HTTPQuery) -> MatrixRequest {
        var request = MatrixRequest(.look, .get, path, query: query, timeout: 20_000)
        request.answerLimit = Self.pastLimit
        return request
    }

    static func event(room: String, id: String) -> MatrixRequest {
        MatrixRequest(.event(room: room, id: id), .get, Self.room(room, "event", id), timeout: 20_000)
    }

    static func creation(of room: String) -> MatrixRequest {
        MatrixRequest(.creation(room: room), .get, Self.room(room, "state", "m.room.create"), timeout: 20_000)
    }

    static func reactions(room: String, id: String) -> MatrixRequest {
        MatrixRequest(
            .look, .get,
            ["_matrix", "client", "v1", "rooms", room, "relations", id, "m.annotation", "m.reaction"],
            query: ["limit": "100"], timeout: 20_000)
    }

    // MARK: Rooms

    /// `via`: a server that is in the room, in case the homeserver does not know the room yet.
    static func join(_ purpose: Purpose, room: String, via: String?) -> MatrixRequest {
        var query: HTTPQuery = [:]
        if let via {
            query.append("via", via)
            // The parameter's name before version 1.12.
            query.append("server_name", via)
        }
        return MatrixRequest(purpose, .post, Self.client + ["join", room], query: query, body: [:])
    }

    static func leave(room: String, reason: String) -> MatrixRequest {
        MatrixRequest(
            .leave(room: room), .post, Self.room(room, "leave"), body: ["reason": .string(reason)], timeout: 30_000)
    }

    static func abandon(room: String, reason: String) -> MatrixRequest {
        MatrixRequest(
            .abandon(room: room), .post, Self.room(room, "leave"), body: ["reason": .string(reason)], timeout: 30_000)
    }

    static func forget(room: String) -> MatrixRequest {
        MatrixRequest(.forget(room: room), .post, Self.room(room, "forget"), body: [:], timeout: 30_000)
    }

    static func receipt(room: String, event: String, thread: String?) -> MatrixRequest {
        MatrixRequest(
            .receipt, .post, Self.room(room, "receipt", "m.read", event),
            body: ["thread_id": .string(thread ?? "main")], timeout: 20_000)
    }

    static func typing(room: String, user: String, time: Int64?) -> MatrixRequest {
        var body: JSONObject = ["typing": .bool(time != nil)]
        if let time { body["timeout"] = .integer(time) }
        return MatrixRequest(
            .typing, .put, Self.room(room, "typing", user), body: .object(body), timeout: 20_000)
    }
}
