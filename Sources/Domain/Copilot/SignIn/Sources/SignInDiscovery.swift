internal import HTTP
package import Lifecycle
internal import Primitives

/// Finds GitHub sign-ins, in order of precedence.
///
/// The order: the configuration's token; `COPILOT_GITHUB_TOKEN`, `GH_COPILOT_TOKEN`, `GH_TOKEN`, `GITHUB_TOKEN`;
/// `jetbridge login`; the editors' `apps.json` and `hosts.json`; the GitHub CLI.
package struct SignInDiscovery: Sendable {
    package let settings: SignInSettings
    private let environment: [String: String]
    private let readFile: @Sendable (String) -> PrivateFile.Contents?
    private let commandLine: GitHubCommandLine?

    /// - Parameters:
    ///   - environment: the process's variables.
    ///   - commandLine: nil to leave out the GitHub CLI.
    package init(
        _ settings: SignInSettings, environment: [String: String], commandLine: GitHubCommandLine?,
        readFile: @escaping @Sendable (String) -> PrivateFile.Contents? = { PrivateFile.read($0) }
    ) {
        self.settings = settings
        self.environment = environment
        self.commandLine = commandLine
        self.readFile = readFile
    }

    /// Everything found without starting a program, usable or not.
    package func findings() -> [SignInFinding] {
        self.configured + self.variables + self.ownLogin + self.editors(.apps) + self.editors(.hosts)
    }

    /// The tokens that may be exchanged, without the GitHub CLI's; a binding one excludes all others.
    var tokens: [GitHubToken] {
        let findings = self.findings()
        let counting = findings.first(where: \.isBinding).map { [$0] } ?? findings
        return counting.filter(\.isUsable).compactMap(\.token)
    }

    /// Whether a person chose one token, so that no other counts.
    var isBound: Bool { self.findings().contains(where: \.isBinding) }

    /// The sign-in of `jetbridge login`; nil without one.
    package var loginFinding: SignInFinding? { self.ownLogin.first }

    package func commandLineFinding() async throws -> SignInFinding? {
        try await self.commandLine?.finding(self.settings)
    }

    /// The folders in which a sign-in may appear, existing or not.
    var folders: [String] {
        [self.settings.folder] + [self.editorFolder, self.commandLineFolder].compactMap { $0 }
    }

    /// The states of all files with sign-ins.
    var stamp: [PrivateFile.Stamp] {
        let editorFiles = self.editorFolder.map { ["\($0)/apps.json", "\($0)/hosts.json"] } ?? []
        let commandLineFile = self.commandLineFolder.map { ["\($0)/hosts.yml"] } ?? []
        return ([self.settings.loginPath] + editorFiles + commandLineFile).map { PrivateFile.Stamp(of: $0) }
    }

    /// The stored `jetbridge login`, if it is for this GitHub.
    var storedLogin: StoredLogin? {
        guard let file = self.readFile(self.settings.loginPath), let login = StoredLogin(bytes: file.bytes),
            login.host == self.settings.githubURL.authority
        else { return nil }
        return login
    }

    // MARK: The sources

    private var configured: [SignInFinding] {
        guard let token = self.settings.token else { return [] }
        return [SignInFinding(SignInSource(.configuration, "copilot.token"), text: token.reveal(), isBinding: true)]
    }

    private var variables: [SignInFinding] {
        // The first two exist for Copilot alone; the others may be set for any purpose, so their refusal says little.
        let general =
            self.settings.usesPublicVariables
            ? ["GH_TOKEN", "GITHUB_TOKEN"] : ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        return [("COPILOT_GITHUB_TOKEN", true), ("GH_COPILOT_TOKEN", true)].compactMap(self.variable)
            + general.compactMap { self.variable($0, isBinding: false) }
    }

    private func variable(_ name: String, isBinding: Bool) -> SignInFinding? {
        guard let text = self.environment[name], !text.allSatisfy(\.isWhitespace) else { return nil }
        return SignInFinding(SignInSource(.environment, name), text: text, isBinding: isBinding)
    }

    private var ownLogin: [SignInFinding] {
        let path = self.settings.loginPath
        guard let file = self.readFile(path) else { return [] }
        let source = SignInSource(.login, path)
        guard let login = StoredLogin(bytes: file.bytes) else {
            return [SignInFinding(source, problem: "the file is invalid; run 'jetbridge login' again")]
        }
        guard login.host == self.settings.githubURL.authority else {
            return [
                SignInFinding(
                    source, user: login.user,
                    problem: "it is a sign-in to \(login.host), not to \(self.settings.githubURL.authority); run "
                        + "'jetbridge login' again")
            ]
        }
        return [
            SignInFinding(
                source, text: login.token.reveal(), user: login.user, warning: Self.warning(file, path))
        ]
    }

    /// Below `$XDG_CONFIG_HOME` where that is an existing folder, else `~/.config`, as in the plug-ins.
    private var editorFolder: String? {
        if let folder = self.environment["XDG_CONFIG_HOME"], folder.hasPrefix("/"), PrivateFile.isFolder(folder) {
            return "\(folder)/github-copilot"
        }
        return self.environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.config/github-copilot" : nil }
    }

    /// Where the GitHub CLI records its sign-ins; the token itself may be in a keyring.
    private var commandLineFolder: String? {
        guard self.commandLine != nil else { return nil }
        if let folder = self.environment["GH_CONFIG_DIR"], folder.hasPrefix("/") { return folder }
        if let folder = self.environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return "\(folder)/gh" }
        return self.environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.config/gh" : nil }
    }

    private func editors(_ kind: SignInSource.Kind) -> [SignInFinding] {
        guard let folder = self.editorFolder else { return [] }
        let path = "\(folder)/\(kind.rawValue)"
        guard let file = self.readFile(path) else { return [] }
        return EditorSignInFile.entries(in: file.bytes, for: self.settings.hostNames).map { entry in
            SignInFinding(
                SignInSource(kind, "\(path), \(entry.key)"), text: entry.token, user: entry.user,
                warning: Self.warning(file, path))
        }
    }

    private static func warning(_ file: PrivateFile.Contents, _ path: String) -> String? {
        file.isOpenToOthers ? "other users can read it; run: chmod 600 \(path)" : nil
    }
}
