internal import EventLoop
internal import Lifecycle

/// The file in which the processes of one data directory share the exchanged token: `token.json`.
///
/// Remembers the file's state at the last read or write, so that checking for changes costs one system call.
struct TokenFile: Sendable {
    enum Contents: Sendable, Equatable {
        case token(StoredToken)
        /// The file was there at the last look; `jetbridge logout` deletes it.
        case removed
        /// No file, or one that cannot be used: a truncated file, another release's, or an untrusted API address.
        case nothing
    }

    private let settings: SignInSettings
    /// Nil before the first look.
    private var stamp: PrivateFile.Stamp?

    init(_ settings: SignInSettings) {
        self.settings = settings
    }

    /// Whether the file's state differs from that at the last read or write.
    var hasChanged: Bool { PrivateFile.Stamp(of: self.settings.tokenPath) != self.stamp }

    mutating func read() -> Contents {
        let wasThere = self.stamp.map { !$0.isAbsent } ?? false
        // Taken before the read, so that a change in between is noticed the next time.
        let stamp = PrivateFile.Stamp(of: self.settings.tokenPath)
        self.stamp = stamp
        if let file = PrivateFile.read(self.settings.tokenPath),
            let token = StoredToken(bytes: file.bytes, settings: self.settings)
        {
            return .token(token)
        }
        return wasThere && stamp.isAbsent ? .removed : .nothing
    }

    /// Call it under the lock of all processes.
    mutating func write(_ token: StoredToken) throws(SystemError) {
        try PrivateFile.write(token.bytes, to: self.settings.tokenPath)
        self.stamp = PrivateFile.Stamp(of: self.settings.tokenPath)
    }
}

/// A token file of Jetbridge that other users could read, for instance after it was copied or restored.
package struct OpenTokenFile: Sendable, Equatable {
    package let path: String
    /// Why its mode could not be changed; nil if it is 0600 now.
    package let error: String?

    /// Takes away others' access to the stored login and token; returns the files that were open to them.
    package static func tightened(in settings: SignInSettings) -> [OpenTokenFile] {
        [settings.loginPath, settings.tokenPath].compactMap { path in
            do throws(SystemError) {
                return try PrivateFile.tighten(path) ? OpenTokenFile(path: path, error: nil) : nil
            } catch {
                return OpenTokenFile(path: path, error: error.message)
            }
        }
    }
}
