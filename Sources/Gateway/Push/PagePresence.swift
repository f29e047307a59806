internal import People
internal import Primitives

/// Who looks at a page of this host now. Nothing of it is stored.
final class PagePresence: Sendable {
    /// Sockets of visible pages, by person.
    private let visible = Protected<[String: Int]>([:])

    /// The same for all identities of one person.
    private static func person(_ principal: Principal) -> String {
        principal.identities.map { AccessPolicy.folded($0) }.min() ?? principal.identity
    }

    func isLooking(_ principal: Principal) -> Bool {
        let person = Self.person(principal)
        return self.visible.withLock { $0[person] != nil }
    }

    /// The page of one socket.
    final class Page: Sendable {
        private let presence: PagePresence
        private let person: String
        private let isVisible = Protected(false)

        init(_ presence: PagePresence, of principal: Principal) {
            self.presence = presence
            self.person = PagePresence.person(principal)
        }

        func show(_ isShown: Bool) {
            let hasChanged = self.isVisible.withLock { visible in
                defer { visible = isShown }
                return visible != isShown
            }
            guard hasChanged else { return }
            self.presence.visible.withLock { pages in
                let count = (pages[self.person] ?? 0) + (isShown ? 1 : -1)
                pages[self.person] = count > 0 ? count : nil
            }
        }
    }
}
