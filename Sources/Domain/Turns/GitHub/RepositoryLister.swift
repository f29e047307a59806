internal import Chat
internal import Git
internal import GitHub
internal import Primitives
internal import Repositories
internal import Sessions
internal import Threads

/// What `repo github`, `repo branches` and `repo files` list.
///
/// Branches and files come from the mirror, which costs no request of the API; the list of repositories is asked for page
/// by page, and its answers are cached.
struct RepositoryLister: Sendable {
    let work: GitHubWork

    /// People wait for the answer.
    private static let patience = Duration.seconds(5)

    /// - Parameters:
    ///   - repository: The configured name; nil for the default.
    ///   - person: whose sign-in is used.
    func page(_ listing: RepositoryListing, of repository: String?, for person: String) async -> ListedPage {
        let page = await withDeadline(Self.patience) {
            await RemoteWork.$current.withValue(RemoteWork(person: person)) {
                await self.page(listing, of: repository)
            }
        }
        return page
            ?? ListedPage("The list can't be shown: the server takes too long to answer; try again in a moment.")
    }

    private func page(_ listing: RepositoryListing, of repository: String?) async -> ListedPage {
        do {
            return switch listing.kind {
            case .github: try await self.onGitHub(listing.page)
            case .branches: try await self.branches(of: repository, listing.page)
            case .files(let path, let branch): try await self.files(path, on: branch, of: repository, listing.page)
            }
        } catch let error as GitHubError {
            return ListedPage(error.message)
        } catch let error as RepositoryError {
            return ListedPage("The list can't be shown: \(error.message).")
        } catch {
            return ListedPage("The list can't be shown: \(error).")
        }
    }

    private func onGitHub(_ number: Int) async throws -> ListedPage {
        let end = number * ListedPage.size
        var found: [GitHubRepository] = []
        var next: GitHubPageLink?
        repeat {
            let page = try await self.work.client.repositories(after: next)
            found += page.items
            next = page.next
        } while next != nil && found.count < end
        let first = end - ListedPage.size
        guard first < found.count else {
            return ListedPage(
                number == 1
                    ? "The account sees no repository on GitHub."
                    : "The account sees no further repositories on GitHub.")
        }
        let items = found[first..<min(found.count, end)].map(self.line)
        return ListedPage(
            "Repositories on GitHub, those with the newest pushes first:", items,
            hasMore: next != nil || found.count > end)
    }

    private func line(_ repository: GitHubRepository) -> String {
        let here = self.work.names.first { $0.value.isSame(as: repository.name) }?.key
        let notes = [
            here.map { "here as `\($0)`" }, repository.isPrivate ? "private" : nil, repository.isFork ? "fork" : nil,
            repository.isArchived ? "archived" : nil, repository.canPush == false ? "read only" : nil,
        ].compactMap { $0 }
        let note = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
        return "\(GitHubTexts.code(repository.name.description))\(note) \(repository.url)"
    }

    private func branches(of name: String?, _ number: Int) async throws -> ListedPage {
        let repository = try self.work.repositories.repository(name)
        let base = try? await repository.checkReady().name
        let local = try await repository.git.branches().filter { !$0.isRemote }
        // By bytes: a name may be one long run of marks, which is sorted whenever it is compared as text.
        let place = base.flatMap { base in local.firstIndex { $0.name.utf8.elementsEqual(base.utf8) } }
        let others = local.indices.filter { $0 != place }.map { local[$0] }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let branches = (place.map { [local[$0]] } ?? []) + others
        return ListedPage("Branches of `\(repository.name)`", number, of: branches) { branch in
            let link = self.work.pages.folder("", on: branch.name, of: repository.name)
            return "\(GitHubTexts.code(branch.name)) at `\(branch.id.hex.prefix(7))`"
                + "\(branch.name == base ? ", the base" : "") \(link)"
        }
    }

    private func files(_ path: String, on branch: String?, of name: String?, _ number: Int) async throws -> ListedPage {
        let repository = try self.work.repositories.repository(name)
        var ref = branch ?? ""
        if branch == nil { ref = try await repository.checkReady().name } else { await repository.refreshIfPossible() }
        let entries = try await repository.folderPage(path, at: ref).entries
        let place = path.isEmpty ? "Files" : "Files in \(GitHubTexts.code(path))"
        let title = "\(place) on \(GitHubTexts.code(ref)) of `\(repository.name)`"
        return ListedPage(title, number, of: entries) { entry in
            let full = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            guard entry.kind == .directory else {
                let size = entry.size.map { ", \($0) bytes" } ?? ""
                let link = self.work.pages.file(full, on: ref, of: repository.name)
                return "\(GitHubTexts.code(entry.name))\(size) \(link)"
            }
            return "\(GitHubTexts.code("\(entry.name)/")) \(self.work.pages.folder(full, on: ref, of: repository.name))"
        }
    }
}
