internal import JSON

/// A room's events combined: edits, reactions and redactions applied in the order of arrival.
struct MatrixTimeline {
    private(set) var messages: [MatrixMessage] = []
    private var places: [String: Int] = [:]
    /// Maps a reaction to its message.
    private var targets: [String: String] = [:]
    private var seen: Set<String> = []
    /// Every event, oldest first.
    private(set) var events: [JSON] = []
    var typing: Set<String> = []
    /// The event up to which each user has read.
    var receipts: [String: String] = [:]

    func hasSeen(_ id: String) -> Bool { self.seen.contains(id) }

    func message(_ id: String) -> MatrixMessage? { self.places[id].map { self.messages[$0] } }

    mutating func forget() {
        self.messages = []
        self.places = [:]
        self.targets = [:]
        self.events = []
    }

    mutating func take(_ event: JSON) {
        guard let id = event["event_id"]?.stringValue, self.seen.insert(id).inserted else { return }
        self.events.append(event)
        let content = event["content"] ?? [:]
        let relation = content["m.relates_to"]
        let target = relation?["event_id"]?.stringValue ?? ""
        switch (event["type"]?.stringValue, relation?["rel_type"]?.stringValue) {
        case ("m.room.message", "m.replace"): self.edit(target, content, event)
        case ("m.room.message", _): self.add(id, content, event)
        case ("m.reaction", "m.annotation"): self.react(id, to: target, relation ?? [:], event)
        case ("m.room.redaction", _):
            self.redact(event["redacts"]?.stringValue ?? content["redacts"]?.stringValue ?? "")
        default: break
        }
    }

    private mutating func add(_ id: String, _ content: JSON, _ event: JSON) {
        let relation = content["m.relates_to"]
        var message = MatrixMessage(
            id: id, sender: event["sender"]?.stringValue ?? "",
            transaction: event["unsigned"]?["transaction_id"]?.stringValue,
            thread: relation?["rel_type"]?.stringValue == "m.thread" ? relation?["event_id"]?.stringValue : nil,
            replyTo: relation?["m.in_reply_to"]?["event_id"]?.stringValue,
            sentAt: Int64(event["origin_server_ts"]?.intValue ?? 0), content: content)
        message.isRedacted = content.objectValue?.isEmpty ?? true
        self.places[id] = self.messages.count
        self.messages.append(message)
    }

    /// Only the author's edits count, and only of the message itself.
    private mutating func edit(_ target: String, _ content: JSON, _ event: JSON) {
        guard let place = self.places[target], let new = content["m.new_content"],
            self.messages[place].sender == event["sender"]?.stringValue
        else { return }
        self.messages[place].content = new
        self.messages[place].edits.append(content)
    }

    private mutating func react(_ id: String, to target: String, _ relation: JSON, _ event: JSON) {
        guard let place = self.places[target] else { return }
        self.targets[id] = target
        self.messages[place].reactions.append(
            MatrixMessage.Reaction(
                id: id, key: relation["key"]?.stringValue ?? "", sender: event["sender"]?.stringValue ?? ""))
    }

    private mutating func redact(_ id: String) {
        if let place = self.places[id] {
            self.messages[place].isRedacted = true
            self.messages[place].content = [:]
        } else if let target = self.targets[id], let place = self.places[target] {
            self.messages[place].reactions.removeAll { $0.id == id }
        }
    }
}
