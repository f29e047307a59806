import Git
import TestSupport
import Testing

@Suite("The address of a repository")
struct GitRemoteURLTests {
    @Test(
        "supported addresses",
        arguments: [
            "https://github.com/owner/name.git", "https://git.example.org:8443/a/b", "http://127.0.0.1:8080/a.git",
            "http://localhost/a.git", "ssh://git@example.org/a/b.git", "ssh://git@[::1]:2222/a.git",
            "git@github.com:owner/name.git", "git@example.org:/srv/git/a.git", "/srv/git/a.git",
        ])
    func good(text: String) throws {
        try expectEqual(GitRemoteURL(text).description, text)
    }

    @Test(
        "refused addresses, without repeating them",
        arguments: [
            "", "ext::sh -c id", "ext::sh", "-oProxyCommand=id", "http://example.org/a.git",
            "https://me:ghp_secret@github.com/a/b", "https://ghp_secret@github.com/a/b", "https://github.com",
            "https://github.com/a?token=ghp_secret", "ftp://example.org/a", "git://example.org/a", "file:///srv/a",
            "ssh://example.org/a", "ssh://-x@example.org/a", "ssh://git@-oProxyCommand=id/a", "git@host:-x",
            "git@host:a'b", "ssh://git:ghp_secret@example.org/a", "relative/path", "git@host:a\nb", "https://a b/c",
        ])
    func bad(text: String) {
        do {
            _ = try GitRemoteURL(text)
            Issue.record("accepted")
        } catch {
            expectEqual(error.code, .invalidName)
            #expect(!error.message.contains("ghp_secret"))
        }
    }

    @Test("the parts of an SSH address")
    func ssh() throws {
        try expectEqual(
            GitRemoteURL("git@Example.org:a/b.git").place,
            .ssh(user: "git", host: "example.org", port: 22, path: "a/b.git", isRelative: true))
        try expectEqual(
            GitRemoteURL("ssh://git@example.org:2222/~/a").place,
            .ssh(user: "git", host: "example.org", port: 2222, path: "a", isRelative: true))
        try expectEqual(
            GitRemoteURL("ssh://git@[::1]:2222/a").place,
            .ssh(user: "git", host: "::1", port: 2222, path: "/a", isRelative: false))
    }
}
