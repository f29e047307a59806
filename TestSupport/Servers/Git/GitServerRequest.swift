/// The requests of Git's smart HTTP protocol.
package enum GitServerRequest: Sendable, Hashable {
    /// `GET info/refs?service=git-upload-pack` (`false`) or `…git-receive-pack` (`true`).
    case references(isPush: Bool)
    /// `POST git-upload-pack`.
    case fetch
    /// `POST git-receive-pack`.
    case push

    package var isPush: Bool {
        switch self {
        case .references(let isPush): isPush
        case .fetch: false
        case .push: true
        }
    }
}
