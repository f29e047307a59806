package import Chat
internal import Primitives

/// The configured networks by id. A network that begins again has another adapter.
package struct AdapterRegistry: Sendable {
    private let adapters: Protected<[any ChatAdapter]>

    package init(_ adapters: [any ChatAdapter]) {
        self.adapters = Protected(adapters)
    }

    package var all: [any ChatAdapter] { self.adapters.withLock { $0 } }

    package subscript(id: AdapterID) -> (any ChatAdapter)? {
        self.adapters.withLock { adapters in adapters.first { $0.id == id } }
    }

    /// Replaces the adapter with the same id.
    package func replace(_ adapter: any ChatAdapter) {
        self.adapters.withLock { adapters in
            guard let index = adapters.firstIndex(where: { $0.id == adapter.id }) else { return }
            adapters[index] = adapter
        }
    }

    /// The room's traits; plain lines for a network that is no longer configured.
    package func traits(of room: RoomID) -> RoomTraits {
        self[room.adapter]?.traits(of: room) ?? RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)
    }

    /// Where a message that belongs to no earlier one of a direct conversation goes: outside of their threads, where the
    /// network has such. Elsewhere the anchor is the account.
    package func apart(_ route: Route) -> Route {
        guard self.traits(of: route.room).capabilities.contains(.threads) else { return route }
        return Route(room: route.room, anchor: nil, recipient: route.recipient)
    }

    /// Whether messages of `room` were the same under its former id.
    package func keepMessages(_ room: RoomID) -> Bool { self.traits(of: room).capabilities.contains(.lastingIDs) }

    /// Whether messages in `room` have buttons.
    package func showButtons(_ room: RoomID) -> Bool { self.traits(of: room).capabilities.contains(.buttons) }
}
