/// The capabilities that server and client agreed on (CAP, version 302).
package struct IRCCapabilities: Sendable {
    /// Requested whenever the server offers them.
    package static let wanted = [
        "message-tags", "server-time", "batch", "labeled-response", "echo-message", "account-tag", "account-notify",
        "extended-join", "multi-prefix", "userhost-in-names", "chghost", "setname", "away-notify", "invite-notify",
        "cap-notify", "standard-replies", "draft/chathistory", "chathistory",
        "draft/multiline",
    ]
    private static let used = Set(Self.wanted + ["sasl", "sts"])
    /// So many others are kept: a server may name any number.
    private static let otherLimit = 200
    /// Maximum bytes of names in one CAP REQ, so that the line with its prefix stays below 512.
    package static let requestLimit = 400

    /// The offered names, each with its value or "".
    package private(set) var offered: [String: String] = [:]
    package private(set) var enabled: Set<String> = []
    private var waiting: [[String]] = []
    private var inFlight: [String]?

    package init() {}

    package var isIdle: Bool { self.inFlight == nil && self.waiting.isEmpty }

    /// Adds the capabilities of an LS or NEW.
    package mutating func offer(_ list: String) {
        for word in list.split(separator: " ") {
            let name = word.prefix { $0 != "=" }
            guard Self.used.contains(String(name)) || self.offered.count < Self.otherLimit else { continue }
            self.offered[String(name)] = String(word.dropFirst(name.count + 1))
        }
    }

    /// Removes the capabilities of a DEL.
    package mutating func withdraw(_ list: String) {
        for word in list.split(separator: " ") {
            self.offered[String(word)] = nil
            self.enabled.remove(String(word))
        }
    }

    /// Plans requests, each short enough for one line, for every capability in ``wanted`` or `also` that is offered and
    /// not yet enabled.
    package mutating func plan(also: [String] = []) {
        let planned = Set(self.waiting.joined()).union(self.inFlight ?? [])
        let names = (also + Self.wanted).filter {
            self.offered[$0] != nil && !self.enabled.contains($0) && !planned.contains($0)
        }
        var set: [String] = []
        var size = 0
        for name in names {
            if size + name.utf8.count + 1 > Self.requestLimit {
                self.waiting.append(set)
                set = []
                size = 0
            }
            set.append(name)
            size += name.utf8.count + 1
        }
        if !set.isEmpty { self.waiting.append(set) }
    }

    /// The next set to request. Only one is in flight, because some servers mix up the answers to two requests.
    package mutating func next() -> String? {
        guard self.inFlight == nil, !self.waiting.isEmpty else { return nil }
        let set = self.waiting.removeFirst()
        self.inFlight = set
        return set.joined(separator: " ")
    }

    /// Handles an ACK; `-name` disables a capability.
    package mutating func acknowledge(_ list: String) {
        for word in list.split(separator: " ") {
            let name = word.drop { $0 == "~" || $0 == "=" }
            if name.first == "-" {
                self.enabled.remove(String(name.dropFirst()))
            } else if self.offered[String(name)] != nil {
                self.enabled.insert(String(name))
            }
        }
        self.inFlight = nil
    }

    /// Handles a NAK. It refuses the whole set, so each member is then requested on its own.
    package mutating func refuse() {
        let set = self.inFlight ?? []
        self.inFlight = nil
        if set.count > 1 { self.waiting.insert(contentsOf: set.map { [$0] }, at: 0) }
    }
}
