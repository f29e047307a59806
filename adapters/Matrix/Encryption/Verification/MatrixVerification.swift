internal import Crypto
internal import JSON
package import Kit

/// Verifications by comparing emoji (Client-Server API, "Key verification framework" and "Short Authentication String
/// verification"), for one device: events in, actions out.
///
/// It forgets everything at a restart; the other side then hears that its verification is not known.
package struct MatrixVerification {
    typealias Attempt = MatrixVerificationAttempt
    package typealias Flow = MatrixVerificationFlow
    package typealias Action = MatrixVerificationAction
    typealias Code = MatrixVerificationCancellation.Code

    /// Milliseconds until a verification is given up.
    static let patience: Int64 = 600_000
    /// Milliseconds that the side that asked gets to begin, since not all clients do.
    static let startPatience: Int64 = 5_000
    /// The maximum of verifications at a time: requests come from strangers.
    static let limit = 32

    let user: String
    let device: String
    let ed25519: String
    /// The account's master key, which is proved to people along with the device's.
    package var masterKey: String?
    var attempts: [Attempt] = []
    /// Transactions that ended: what still comes is no news.
    var ended = RecentMap<String, Bool>(capacity: 256)
    var now = AdapterTime(monotonic: 0, wall: 0)
    var actions: [Action] = []
    private var beginnings = StrangerBudget(ofAll: 100)
    private var lastID = 0

    package init(user: String, device: String, ed25519: String, masterKey: String?) {
        self.user = user
        self.device = device
        self.ed25519 = ed25519
        self.masterKey = masterKey
    }

    /// Verifications in progress, oldest first.
    package var flows: [Flow] { self.attempts.map(\.flow) }

    /// When ``expire(at:)`` has something to do: monotonic, in milliseconds.
    package var deadline: Int64? { self.attempts.flatMap { [$0.deadline, $0.startsAt ?? .max] }.min() }

    /// Whether an event is worth asking the server for its sender's keys: always if it is part of a verification or comes
    /// from the account's own devices, else as long as not too much came lately. Anybody can send these.
    package mutating func admits(_ event: MatrixVerificationEvent, at now: AdapterTime) -> Bool {
        if event.sender == self.user { return true }
        if let transaction = event.transaction, self.attempt(of: event, transaction) != nil { return true }
        return self.beginnings.admits(event.sender, at: now.monotonic)
    }

    // MARK: What people do

    /// Asks a user to compare.
    ///
    /// - Parameters:
    ///   - keys: the user's; what is proved later is compared with the master key here.
    ///   - devices: whom to ask when messages go to devices.
    package mutating func begin(
        with keys: MatrixUserKeys, in place: Flow.Place, devices: [String] = [], at now: AdapterTime
    ) -> (flow: Flow, actions: [Action]) {
        self.now = now
        let flow = self.newFlow(place, keys.user, device: nil)
        var attempt = self.attempt(flow, .requested, began: 0)
        attempt.master = keys.master
        var content: JSONObject = ["from_device": .string(self.device), "methods": ["m.sas.v1"]]
        switch place {
        case .toDevice:
            let transaction = randomToken(prefix: "jetbridge-")
            attempt.transaction = transaction
            attempt.devices = devices.filter { $0 != self.device || keys.user != self.user }
            content["timestamp"] = .integer(now.wall)
            self.send("request", content, to: attempt.devices, attempt)
        case .room:
            content["msgtype"] = .string(MatrixVerificationEvent.requestType)
            content["to"] = .string(keys.user)
            content["body"] = .string(
                "\(self.user) asks to compare emoji, so that both sides know whom they talk to. "
                    + "This client does not support it.")
            self.actions.append(.sendInRoom(flow, type: "m.room.message", content: .object(content)))
        }
        self.attempts.append(attempt)
        return (flow, self.takeActions())
    }

    /// The event that asks is in the room.
    package mutating func requestSent(_ flow: Flow, event: String) {
        self.update(flow) { $0.transaction = $0.transaction ?? event }
    }

    /// Agrees to compare.
    package mutating func accept(_ flow: Flow, at now: AdapterTime) -> [Action] {
        self.now = now
        guard var attempt = self.attempts.first(where: { $0.flow.id == flow.id }) else { return [] }
        switch attempt.stage {
        case .offered:
            attempt.stage = .ready
            attempt.startsAt = now.monotonic + Self.startPatience
            self.store(attempt)
            self.send("ready", ["from_device": .string(self.device), "methods": ["m.sas.v1"]], attempt)
        case .offeredStart: self.acceptStart(attempt)
        default: break
        }
        return self.takeActions()
    }

    /// The people here see the same on both sides.
    package mutating func confirm(_ flow: Flow) -> [Action] {
        guard let attempt = self.attempts.first(where: { $0.flow.id == flow.id }), attempt.stage == .comparing else {
            return []
        }
        self.sendMAC(attempt)
        return self.takeActions()
    }

    /// The people here see something else.
    package mutating func mismatch(_ flow: Flow) -> [Action] {
        self.end(flow, .mismatchedSAS)
        return self.takeActions()
    }

    package mutating func cancel(_ flow: Flow) -> [Action] {
        self.end(flow, .user)
        return self.takeActions()
    }

    /// Does what is due: gives up, or begins in the other side's place.
    package mutating func expire(at now: AdapterTime) -> [Action] {
        self.now = now
        for attempt in self.attempts {
            if attempt.deadline <= now.monotonic {
                self.timeOut(attempt)
            } else if let due = attempt.startsAt, due <= now.monotonic {
                self.start(attempt)
            }
        }
        return self.takeActions()
    }

    private mutating func timeOut(_ attempt: Attempt) {
        switch attempt.stage {
        // All is proved; only the other side's last word is missing.
        case .done: self.forget(attempt)
        // Another device may still answer.
        case .offered: self.end(attempt.flow, .timeout, tellsPeer: false)
        default: self.end(attempt.flow, .timeout)
        }
    }

    // MARK: Attempts

    mutating func takeActions() -> [Action] {
        defer { self.actions = [] }
        return self.actions
    }

    mutating func newFlow(_ place: Flow.Place, _ user: String, device: String?) -> Flow {
        self.lastID += 1
        return Flow(id: self.lastID, place: place, user: user, device: device)
    }

    /// `began`: how long ago, in milliseconds.
    func attempt(_ flow: Flow, _ stage: Attempt.Stage, began: Int64) -> Attempt {
        Attempt(flow: flow, stage: stage, deadline: self.now.monotonic + Self.patience - max(0, began))
    }

    mutating func store(_ attempt: Attempt) { self.update(attempt.flow) { $0 = attempt } }

    private mutating func update(_ flow: Flow, _ change: (inout Attempt) -> Void) {
        guard let index = self.attempts.firstIndex(where: { $0.flow.id == flow.id }) else { return }
        change(&self.attempts[index])
    }

    mutating func forget(_ attempt: Attempt) {
        self.attempts.removeAll { $0.flow.id == attempt.flow.id }
        if let transaction = attempt.transaction { self.ended[Self.key(attempt.flow.user, transaction)] = true }
    }

    static func key(_ user: String, _ transaction: String) -> String { "\(user) \(transaction)" }

    /// Ends it and tells both the people here and the other side.
    mutating func end(_ flow: Flow, _ code: Code, tellsPeer: Bool = true) {
        guard let attempt = self.attempts.first(where: { $0.flow.id == flow.id }) else { return }
        self.forget(attempt)
        if tellsPeer { self.send("cancel", code.content, attempt) }
        self.actions.append(.cancelled(attempt.flow, MatrixVerificationCancellation(code)))
    }

    // MARK: Sending

    /// The content with what binds it to the verification.
    static func bound(_ content: JSONObject, _ attempt: Attempt) -> JSON {
        var content = content
        let transaction = JSON.string(attempt.transaction ?? "")
        switch attempt.flow.place {
        case .toDevice: content["transaction_id"] = transaction
        case .room: content["m.relates_to"] = ["rel_type": "m.reference", "event_id": transaction]
        }
        return .object(content)
    }

    mutating func send(_ name: String, _ content: JSONObject, _ attempt: Attempt) {
        self.send(name, content, to: attempt.flow.device.map { [$0] } ?? attempt.devices, attempt)
    }

    mutating func send(_ name: String, _ content: JSONObject, to devices: [String], _ attempt: Attempt) {
        // Without an id there is nothing yet that the other side could connect it with.
        guard attempt.transaction != nil else { return }
        let type = MatrixVerificationEvent.prefix + name
        let content = Self.bound(content, attempt)
        switch attempt.flow.place {
        case .toDevice:
            guard !devices.isEmpty else { return }
            let messages = Dictionary(devices.map { ($0, content) }) { first, _ in first }
            self.actions.append(.sendToDevice(type: type, user: attempt.flow.user, messages: messages))
        case .room: self.actions.append(.sendInRoom(attempt.flow, type: type, content: content))
        }
    }
}
