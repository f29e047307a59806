package import Primitives

/// A key file for SSH, and the file of the servers' keys.
package struct GitSSHKey: Sendable, Hashable {
    package let privateKeyPath: String
    package let passphrase: Secret?
    /// In the format of OpenSSH; see known_hosts in sshd(8). A server whose key is not in it is refused.
    package let knownHostsPath: String

    package init(privateKeyPath: String, passphrase: Secret? = nil, knownHostsPath: String) {
        self.privateKeyPath = privateKeyPath
        self.passphrase = passphrase
        self.knownHostsPath = knownHostsPath
    }
}
