internal import JSON

// The JSON of the bus. An unknown member is ignored, an unknown kind or a missing member makes a message unreadable.

extension BusEvent {
    var json: JSONObject {
        switch self {
        case .stored(let place, let number):
            ["kind": "stored", "place": .string(place), "number": .integer(number)]
        case .live(let session, let frames):
            [
                "kind": "live", "session": .string(session), "turn": .string(frames.turn),
                "last": .integer(frames.last), "frames": .array(frames.frames.map(\.json)),
            ]
        case .policyChanged: ["kind": "policy"]
        case .roomRenamed(let adapter, let from, let to):
            ["kind": "renamed", "adapter": .string(adapter), "old": .string(from), "new": .string(to)]
        case .leaseTaken(let place, let host, let epoch):
            ["kind": "lease", "place": .string(place), "host": .string(host), "epoch": .integer(epoch)]
        }
    }

    init?(_ json: JSON) {
        switch json["kind"]?.stringValue {
        case "stored":
            guard let place = json["place"]?.stringValue, let number = json["number"]?.intValue else { return nil }
            self = .stored(place: place, number: Int64(number))
        case "live":
            guard let session = json["session"]?.stringValue, let turn = json["turn"]?.stringValue,
                let last = json["last"]?.intValue, let array = json["frames"]?.arrayValue
            else { return nil }
            let frames = array.compactMap { BusFrames.Frame($0) }
            // Frames that do not follow each other would show as a wrong answer instead of a gap.
            guard frames.count == array.count, frames.last.map({ $0.sequence == Int64(last) }) ?? true,
                zip(frames, frames.dropFirst()).allSatisfy({
                    $0.sequence < $1.sequence && $0.sequence + 1 == $1.sequence
                })
            else { return nil }
            self = .live(session: session, BusFrames(turn: turn, last: Int64(last), frames: frames))
        case "policy": self = .policyChanged
        case "renamed":
            guard let adapter = json["adapter"]?.stringValue, let from = json["old"]?.stringValue,
                let to = json["new"]?.stringValue
            else { return nil }
            self = .roomRenamed(adapter: adapter, from: from, to: to)
        case "lease":
            guard let place = json["place"]?.stringValue, let host = json["host"]?.stringValue,
                let epoch = json["epoch"]?.intValue
            else { return nil }
            self = .leaseTaken(place: place, host: host, epoch: Int64(epoch))
        default: return nil
        }
    }
}

extension BusFrames.Frame {
    fileprivate var json: JSON {
        [.integer(self.sequence), .string(self.kind), .string(self.content), .integer(self.timestamp)]
    }

    fileprivate init?(_ json: JSON) {
        guard let sequence = json[0]?.intValue, let kind = json[1]?.stringValue, let content = json[2]?.stringValue,
            let timestamp = json[3]?.intValue
        else { return nil }
        self.init(sequence: Int64(sequence), kind: kind, content: content, timestamp: Int64(timestamp))
    }
}

extension BusRequest {
    var json: JSONObject {
        switch self {
        case .take(let place, let number):
            ["kind": "take", "place": .string(place), "number": .integer(number)]
        case .stop(let session, let turn, let person):
            ["kind": "stop", "session": .string(session), "turn": .string(turn), "person": .string(person)]
        case .answer(let session, let ask, let answer, let person):
            [
                "kind": "answer", "session": .string(session), "ask": .string(ask), "answer": .string(answer),
                "person": .string(person),
            ]
        }
    }

    init?(_ json: JSON) {
        func text(_ key: String) -> String? { json[key]?.stringValue }
        switch text("kind") {
        case "take":
            guard let place = text("place"), let number = json["number"]?.intValue else { return nil }
            self = .take(place: place, inboxNumber: Int64(number))
        case "stop":
            guard let session = text("session"), let turn = text("turn"), let person = text("person") else {
                return nil
            }
            self = .stop(session: session, turn: turn, person: person)
        case "answer":
            guard let session = text("session"), let ask = text("ask"), let answer = text("answer"),
                let person = text("person")
            else { return nil }
            self = .answer(session: session, ask: ask, answer: answer, person: person)
        default: return nil
        }
    }
}

extension BusReply {
    var json: JSONObject {
        switch self {
        case .done(let detail): ["kind": "done", "detail": detail]
        case .refused(let reason): ["kind": "refused", "reason": .string(reason)]
        }
    }

    init?(_ json: JSON) {
        switch json["kind"]?.stringValue {
        case "done": self = .done(json["detail"] ?? .null)
        case "refused":
            guard let reason = json["reason"]?.stringValue else { return nil }
            self = .refused(reason)
        default: return nil
        }
    }
}
