/// Finds branches that are not in a hosted repository itself, but in a fork of it.
package final class BranchPages: Sendable, Hashable {
    /// The page of the repository that has the branch, without a slash at the end; nil for the hosted repository.
    let page: @Sendable (_ repository: String, _ branch: String) -> String?

    package init(_ page: @escaping @Sendable (_ repository: String, _ branch: String) -> String?) {
        self.page = page
    }

    package static func == (left: BranchPages, right: BranchPages) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
