package import Primitives

extension Configuration {
    /// A repository on a Git server that is not GitHub.
    package struct Remote: Sendable, Equatable {
        /// `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`.
        package var url: String
        /// The name for HTTPS.
        package var user: String?
        /// The password or token for HTTPS.
        package var password: Secret?
        /// The absolute path of the private key for SSH.
        package var key: String?
        package var passphrase: Secret?
        /// The absolute path of the file with the known hosts' keys; nil is `~/.ssh/known_hosts`.
        package var knownHosts: String?

        init?(_ section: Section) {
            self.user = section.optional("user") { $0.string() }
            self.password = section.optional("password") { $0.secret() }
            self.key = section.optional("key") { $0.filePath() }
            self.passphrase = section.optional("passphrase") { $0.secret() }
            self.knownHosts = section.optional("known_hosts") { $0.filePath() }
            guard let url = section.required("remote", { $0.string() }) else { return nil }
            self.url = url
        }
    }
}
