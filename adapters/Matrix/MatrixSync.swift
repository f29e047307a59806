package import JSON

/// What one `/sync` brought.
package struct MatrixSync: Sendable {
    /// A room that we are in.
    package struct Joined: Sendable {
        package var id: String
        /// Oldest first.
        package var timeline: [MatrixEvent]
        /// Events between the last sync and ``previous`` are missing from ``timeline``.
        package var isLimited: Bool
        package var previous: String?
        /// The state before the timeline.
        package var state: [MatrixEvent]
        /// Told when it changed.
        package var joinedCount: Int?
        package var invitedCount: Int?
    }

    /// A room that we are not in: invited, or left.
    package struct Other: Sendable {
        package var id: String
        package var events: [MatrixEvent]
    }

    /// What to ask from next; asking with it is the acknowledgement.
    package var next: String
    package var joined: [Joined]
    package var invited: [Other]
    package var left: [Other]
    /// The rooms that the account calls direct, when that was told.
    package var direct: Set<String>?

    /// Reads an answer; nil when it is none.
    package init?(_ json: JSON) {
        guard let next = json["next_batch"]?.stringValue else { return nil }
        self.next = next
        let rooms = json["rooms"]
        self.joined = Self.rooms(rooms?["join"]).map { Joined(id: $0, $1) }
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
            Set(content.flatMap { $0.value.arrayValue ?? [] }.compactMap(\.stringValue))
        }
    }

    private static func rooms(_ json: JSON?) -> [(String, JSON)] {
        (json?.objectValue ?? [:]).filter { $0.key.hasPrefix("!") }.map { ($0.key, $0.value) }
    }
}

extension MatrixSync.Joined {
    init(id: String, _ json: JSON) {
        let timeline = json["timeline"]
        self.init(
            id: id, timeline: MatrixEvent.list(timeline?["events"]),
            isLimited: timeline?["limited"]?.boolValue ?? false, previous: timeline?["prev_batch"]?.stringValue,
            state: MatrixEvent.list(json["state"]?["events"]),
            joinedCount: json["summary"]?["m.joined_member_count"]?.intValue,
            invitedCount: json["summary"]?["m.invited_member_count"]?.intValue)
    }
}
