/// The two services of a Git server.
enum GitService: String, Sendable {
    case fetch = "git-upload-pack"
    case push = "git-receive-pack"
}
