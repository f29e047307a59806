package import Chat

/// What belongs to one host at a time, if several share a store: a network or a thread of the web chat, each with its
/// intake, conversations, lanes and jails, or a duty that only one host has.
package enum Place: Hashable, Sendable, CustomStringConvertible {
    case network(AdapterID)
    /// A thread of the web chat, by the value of its key.
    case web(String)
    /// Watches repositories on GitHub.
    case gitHub
    /// Deletes expired data.
    case janitor
    /// Sends webhooks.
    case webhooks

    package static let webAdapter = AdapterID("web")
    package static let duties: Set<Place> = [.gitHub, .janitor, .webhooks]

    package init(of thread: ThreadKey) {
        self = thread.adapter == Self.webAdapter ? .web(thread.value) : .network(thread.adapter)
    }

    /// In the web chat, a room is a thread.
    package init(of room: RoomID) {
        self = room.adapter == Self.webAdapter ? .web(room.name) : .network(room.adapter)
    }

    /// The place with this ``name``.
    package init(name: String) {
        self =
            switch name {
            case Self.gitHub.name: .gitHub
            case Self.janitor.name: .janitor
            case Self.webhooks.name: .webhooks
            default: name.hasPrefix("web:") ? .web(String(name.dropFirst(4))) : .network(AdapterID(name))
            }
    }

    /// `irc:libera`, `web:THREAD`, `github`, `janitor`, `webhooks`.
    package var name: String {
        switch self {
        case .network(let adapter): adapter.rawValue
        case .web(let thread): "web:\(thread)"
        case .gitHub: "github"
        case .janitor: "janitor"
        case .webhooks: "webhooks"
        }
    }

    package var description: String { self.name }
}

/// A place that belongs to another host now: nothing of it may be written here.
package struct PlaceLost: NetworkGone, CustomStringConvertible {
    package let places: Set<Place>

    package init(_ places: Set<Place>) { self.places = places }

    package var description: String {
        "\(self.places.map(\.name).sorted().joined(separator: ", ")): another host serves it now"
    }
}
