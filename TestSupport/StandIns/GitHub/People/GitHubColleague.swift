internal import EventLoop

/// A person who works on GitHub at the same time.
package struct GitHubColleague: Sendable {
    package let login: String
    let github: LoopbackGitHub

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    @Net func repository(_ fullName: String) throws -> HubRepository {
        guard let found = self.github.hub.repository(fullName) else {
            throw Failure(description: "no repository \(fullName)")
        }
        return found
    }

    /// Commits a file to a branch, which is made from the default branch if it does not exist; nil deletes the file.
    /// Returns the commit.
    @Net @discardableResult
    package func push(
        _ file: String, _ text: String?, to fullName: String, branch: String? = nil, message: String? = nil
    ) async throws -> String {
        try await self.push([file: text], to: fullName, branch: branch, message: message ?? "Change \(file)")
    }

    /// Commits several files.
    @Net @discardableResult
    package func push(
        _ files: [String: String?], to fullName: String, branch: String? = nil, message: String = "Change"
    ) async throws -> String {
        let repository = try self.repository(fullName)
        let changes: [HubFileChange] = files.sorted { $0.key < $1.key }.map { path, text in
            text.map { .write(path: path, bytes: Array($0.utf8)) } ?? .delete(path: path)
        }
        return try await self.github.hub.commit(
            changes, to: branch ?? repository.defaultBranch, in: repository, message, by: self.login)
    }

    /// Moves a branch without its history, as a forced push does.
    @Net package func force(_ branch: String, to id: String, of fullName: String) async throws {
        let repository = try self.repository(fullName)
        let name = "refs/heads/\(branch)"
        let old = try await repository.git.reference(name) ?? GitHubGit.zero
        guard try await repository.git.move(name, to: id, from: old) else {
            throw Failure(description: "\(branch) has moved")
        }
        try await self.github.hub.moved(name, from: old, to: id, in: repository, by: self.login)
    }

    @Net package func delete(_ branch: String, of fullName: String) async throws {
        let repository = try self.repository(fullName)
        let name = "refs/heads/\(branch)"
        guard let old = try await repository.git.reference(name), try await repository.git.delete(name, from: old)
        else {
            throw Failure(description: "no branch \(branch)")
        }
        try await self.github.hub.moved(name, from: old, to: GitHubGit.zero, in: repository, by: self.login)
    }

    /// Opens a pull request and returns its number.
    @Net @discardableResult
    package func openPull(
        _ title: String, from head: String, to base: String = "main", in fullName: String
    ) async throws -> Int {
        let repository = try self.repository(fullName)
        return try await self.github.hub.openPull(
            in: repository, title: title, body: nil, head: head, base: base, isDraft: false, canModify: true,
            actor: GitHubActor(working: self.login)
        ).number
    }
}
