internal import Git
internal import Glibc
internal import Jail
internal import Lifecycle
internal import Primitives

/// What `uvx` and `npx` download, kept from one start of a server to the next: each jail that runs at a time has a folder
/// of its own, so that no two users write in one.
final class ServerCache: Sendable {
    /// Of one folder. Large sets of packages measured 300 MB; one that is fuller is emptied before the next start.
    static let limit = WorkspaceUsage(bytes: 2 << 30, files: 200_000)
    static let inside = "/cache"
    /// Where each program keeps things.
    static let variables = [
        "UV_CACHE_DIR": "\(ServerCache.inside)/uv", "UV_TOOL_DIR": "\(ServerCache.inside)/tools",
        "UV_PYTHON_INSTALL_DIR": "\(ServerCache.inside)/python", "npm_config_cache": "\(ServerCache.inside)/npm",
    ]

    /// A folder in use.
    struct Place: Sendable {
        let number: Int
        let folder: String

        var bind: WorkspaceMount.Bind {
            WorkspaceMount.Bind(source: self.folder, target: ServerCache.inside, isWritable: true)
        }
        /// Who wrote it, so that it need not be given away.
        var owner: UInt32? {
            var status = stat()
            return stat(self.folder, &status) == 0 ? status.st_uid : nil
        }
    }

    private let name: String
    private let used = Protected<Set<Int>>([])

    /// - Parameter name: The server's.
    init(of name: String) { self.name = name }

    /// Whether a program resolves and downloads the packages that it runs, at every start.
    static func isNeeded(by command: [String]) -> Bool {
        ["uvx", "npx"].contains((command.first ?? "").split(separator: "/").last)
    }

    /// Takes a folder, which is made if it is missing, until ``free(_:)``. Throws what the system says.
    ///
    /// - Parameter programs: Where the jail's programs are: caches are beside it.
    @concurrent func take(_ programs: String, _ quota: MeasuredQuota) async throws -> Place {
        let number = self.used.withLock { used in
            let free = (0...used.count).first { !used.contains($0) } ?? used.count
            used.insert(free)
            return free
        }
        do {
            let data = programs.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            let path = "\(data)/extension-caches/\(self.name)/\(number)"
            try PrivateFile.makeFolder(path)
            if await !quota.fits(path, in: Self.limit) {
                try FolderTree.remove(path)
                try PrivateFile.makeFolder(path)
            }
            return Place(number: number, folder: path)
        } catch {
            self.free(number)
            throw error
        }
    }

    func free(_ number: Int) { self.used.withLock { _ = $0.remove(number) } }

    /// Gives a folder to the user of its next jail.
    @concurrent static func give(_ place: Place, to identity: JailIdentity?) async throws {
        guard let identity, place.owner != identity.user else { return }
        try FolderTree.give(place.folder, to: FileOwner(user: identity.user, group: identity.group))
    }
}

extension ExtensionSettings {
    /// What a person should know about how it is started; nil for nothing.
    package var startRemark: String? {
        guard case .program(let command, _) = self.way, ServerCache.isNeeded(by: command) else { return nil }
        return
            "\(command[0]) resolves the program's version anew at every start, so tomorrow's code may differ from what was "
            + "approved. Install it once and name it by its path."
    }
}
