internal import JSON
package import Primitives

/// Of what somebody is notified, and when not.
package struct NotificationChoice: Sendable, Hashable {
    /// What can notify somebody.
    package enum Kind: String, Sendable, CaseIterable {
        /// An ask that they may decide.
        case asks
        /// The end of an answer to them.
        case answers
        /// A text that names them.
        case mentions
    }

    /// How much a push says: it is shown on locked screens, too.
    package enum Content: String, Sendable, CaseIterable {
        /// Only what kind of thing it is.
        case none
        /// Also the conversation's title.
        case title
        /// Also a line of what it is about.
        case text
    }

    package var kinds = Set(Kind.allCases)
    package var quiet: QuietHours?
    /// The zone of the quiet hours.
    package var zone = Zone.utc
    package var content = Content.title

    package init() {}

    /// Reads ``stored``; nil, or what cannot be read, is the usual choice.
    package init(stored: String?) {
        guard let stored, let json = try? JSON.parse(stored, depthLimit: 4) else { return }
        if let names = json["kinds"]?.arrayValue {
            self.kinds = Set(names.compactMap { $0.stringValue.flatMap(Kind.init(rawValue:)) })
        }
        self.quiet = json["quiet"]?.stringValue.flatMap(QuietHours.init)
        self.zone = json["zone"]?.stringValue.flatMap { Zone($0) } ?? .utc
        self.content = json["content"]?.stringValue.flatMap(Content.init(rawValue:)) ?? .title
    }

    /// Nil for the usual choice.
    package var stored: String? {
        guard self != NotificationChoice() else { return nil }
        var json: JSONObject = [
            "kinds": .array(Kind.allCases.filter(self.kinds.contains).map { .string($0.rawValue) }),
            "zone": .string(self.zone.name), "content": .string(self.content.rawValue),
        ]
        if let quiet = self.quiet { json["quiet"] = .string(quiet.description) }
        return JSON.object(json).text
    }

    package static func == (one: Self, other: Self) -> Bool {
        one.kinds == other.kinds && one.quiet == other.quiet && one.zone == other.zone && one.content == other.content
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.kinds)
        hasher.combine(self.quiet)
        hasher.combine(self.zone.name)
        hasher.combine(self.content)
    }

    /// When the quiet hours end that it is in at a moment; nil outside of them. Milliseconds since 1970.
    package func quietEnd(at now: Int64) -> Int64? { self.quiet?.end(at: now, in: self.zone) }
}

/// A time of each day in which nothing is pushed, such as `22:00-07:00`.
package struct QuietHours: Sendable, Hashable, CustomStringConvertible {
    /// Minutes after midnight, local time.
    let start: Int64
    let end: Int64

    /// Nil unless the text is two different times with a dash between.
    package init?(_ text: String) {
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
        guard times.count == 2, let start = times[0], let end = times[1], start != end else { return nil }
        (self.start, self.end) = (start, end)
    }

    private static func minutes(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hours = Int64(untrusted: parts[0]), let minutes = Int64(untrusted: parts[1]), 0..<24 ~= hours,
            0..<60 ~= minutes
        else { return nil }
        return hours * 60 + minutes
    }

    package var description: String { "\(Self.text(self.start))-\(Self.text(self.end))" }

    private static func text(_ minutes: Int64) -> String {
        [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    func end(at now: Int64, in zone: Zone) -> Int64? {
        let day = zone.day(of: now)
        let minute = (now + zone.offset(at: now) - day * 86_400_000) / 60_000
        let isOverMidnight = self.end < self.start
        let isWithin =
            isOverMidnight
            ? minute >= self.start || minute < self.end : (self.start..<self.end).contains(minute)
        guard isWithin else { return nil }
        let last = isOverMidnight && minute >= self.start ? day + 1 : day
        return zone.moment(ofLocal: last * 86_400_000 + self.end * 60_000)
    }
}
