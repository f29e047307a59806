package import JSON

/// One answer to `/sync`.
package struct MatrixSync: Sendable {
    /// A room that the bot is in.
    package struct Joined: Sendable {
        package var id: String
        /// Oldest first.
        package var timeline: [MatrixEvent]
        /// Events between the last sync and ``previous`` are missing from ``timeline``.
        package var isLimited: Bool
        package var previous: String?
        /// The state before the timeline.
        package var state: [MatrixEvent]
        /// The number of members; only when it changed.
        package var joinedCount: Int?
        /// Older events whose keys came only now.
        var late: [MatrixEvent] = []
    }

    /// A room that the bot was invited to, or left.
    package struct Other: Sendable {
        package var id: String
        package var events: [MatrixEvent]
    }

    /// The token for the next sync, which acknowledges this one.
    package var next: String
    package var joined: [Joined]
    package var invited: [Other]
    package var left: [Other]
    /// The rooms that the account data marks as direct; nil when unchanged.
    package var direct: Set<String>?

    /// The longest position, in bytes: it is remembered, and goes into addresses.
    private static let positionLimit = 4_096

    /// Nil when the JSON is not an answer to a sync.
    package init?(_ json: JSON) {
        guard let next = json["next_batch"]?.stringValue, next.utf8.count <= Self.positionLimit else { return nil }
        self.next = next
        let rooms = json["rooms"]
        self.joined = Self.rooms(rooms?["join"]).map { Joined(id: $0, $1) }
        guard self.joined.allSatisfy({ $0.previous?.utf8.count ?? 0 <= Self.positionLimit }) else { return nil }
        self.invited = Self.rooms(rooms?["invite"]).map {
            Other(id: $0, events: MatrixEvent.list($1["invite_state"]?["events"]))
        }
        self.left = Self.rooms(rooms?["leave"]).map {
            Other(
                id: $0,
                events: MatrixEvent.list($1["state"]?["events"]) + MatrixEvent.list($1["timeline"]?["events"]))
        }
        let data = (json["account_data"]?["events"]?.arrayValue ?? []).last { $0["type"]?.stringValue == "m.direct" }
        self.direct = data?["content"]?.objectValue.map { content in
            Set(content.flatMap { $0.value.arrayValue ?? [] }.compactMap(\.shortID).prefix(MatrixMemory.roomLimit))
        }
    }

    private static func rooms(_ json: JSON?) -> [(String, JSON)] {
        (json?.objectValue ?? [:]).filter { $0.key.hasPrefix("!") && JSON.isID($0.key) }.map { ($0.key, $0.value) }
    }
}

extension MatrixSync.Joined {
    init(id: String, _ json: JSON) {
        let timeline = json["timeline"]
        self.init(
            id: id, timeline: MatrixEvent.list(timeline?["events"]),
            isLimited: timeline?["limited"]?.boolValue ?? false, previous: timeline?["prev_batch"]?.stringValue,
            state: MatrixEvent.list(json["state"]?["events"]),
            joinedCount: json["summary"]?["m.joined_member_count"]?.intValue)
    }

    /// The index of the first event after a user was invited, or else came.
    func firstSinceInvitation(of user: String) -> Int {
        let own = self.timeline.indices.filter {
            self.timeline[$0].type == .member && self.timeline[$0].stateKey == user
        }
        let invited = own.last { self.timeline[$0].content["membership"]?.stringValue == "invite" }
        return (invited ?? own.last).map { $0 + 1 } ?? 0
    }
}
