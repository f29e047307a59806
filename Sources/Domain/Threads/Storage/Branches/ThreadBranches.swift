/// The branches of a conversation: an edited message, or a question that is asked again, begins one beside what it replaces.
/// Each has what was said before that, and none of what came after it. Pure.
package struct ThreadBranches: Sendable, Equatable {
    /// The branch that prompts, the page and exports show; nil for the first one.
    package let shown: String?
    /// The others than the first, oldest first.
    let begun: [Begun]

    /// What began a branch.
    struct Begun: Sendable, Equatable {
        /// The turn's id, which is the branch's, and number.
        let id: String
        let number: Int64
        /// The branch of what it replaces, and the number of that turn.
        let parent: String?
        let replaces: Int64
    }

    /// The name of the first branch for people and programs.
    package static let first = "main"
    /// Of one conversation.
    package static let limit = 200

    /// A turn's place among the branches.
    package struct Place: Sendable, Equatable {
        package let number: Int64
        package let branch: String?

        package init(number: Int64, branch: String?) {
            self.number = number
            self.branch = branch
        }
    }

    /// The turns of one branch that are seen from another one: those before the number `end`.
    struct Segment: Equatable {
        let branch: String?
        let end: Int64
    }

    /// Whether there is only the first one.
    package var isEmpty: Bool { self.begun.isEmpty }
    package var count: Int { self.begun.count + 1 }
    package var mayGrow: Bool { self.count < Self.limit }

    package static func name(_ branch: String?) -> String { branch ?? Self.first }

    /// The branch with a name; `.some(nil)` is the first one.
    package func branch(named name: String) -> String?? {
        if name == Self.first { return .some(nil) }
        // What began one may have expired before the rest of it.
        return self.begun.contains { $0.id == name || $0.parent == name } ? .some(name) : nil
    }

    /// What a branch shows, the newest part first.
    func path(to branch: String?) -> [Segment] {
        var path = [Segment(branch: branch, end: .max)]
        while let id = path.last?.branch, let begun = self.begun.first(where: { $0.id == id }) {
            // An earlier one may have expired.
            guard path.count <= Self.limit else { break }
            path.append(Segment(branch: begun.parent, end: begun.replaces))
        }
        return path
    }

    /// Where a turn that replaces the one at `place` begins: beside it, and beside the other versions of it.
    func point(of place: Place) -> Place {
        guard let begun = self.begun.first(where: { $0.number == place.number }) else { return place }
        return Place(number: begun.replaces, branch: begun.parent)
    }

    /// The branches that have a version of the turn at `place`, oldest first; empty without another one.
    package func versions(of place: Place) -> [String] {
        let point = self.point(of: place)
        let others = self.begun.filter { $0.replaces == point.number && $0.parent == point.branch }.map(\.id)
        return others.isEmpty ? [] : [Self.name(point.branch)] + others
    }
}

/// Of which branches a listing of messages has those that belong to a turn.
package enum ShownBranch: Sendable, Equatable {
    /// The thread's own choice.
    case current
    /// The first one for nil.
    case named(String?)
    case all
}

/// Why a message cannot be replaced by a branch.
package enum BranchRefusal: Error, Sendable, Equatable {
    case missing
    /// It asks the model nothing, was deleted, or is an answer.
    case notAQuestion
    /// Somebody else wrote it.
    case notYours(String)
    /// A turn runs or waits.
    case busy
    /// A question waits, which belongs to the branch that is shown.
    case asked
    case tooMany

    package var text: String {
        switch self {
        case .missing: "That message is not in this conversation."
        case .notAQuestion:
            "Only a question to the model can be edited or asked again this way. Send it as a new message instead."
        case .notYours(let name):
            "\(name) wrote that message. You can edit your own ones; send yours as a new message."
        case .asked: "A question waits for an answer in this conversation. Answer it first, then try again."
        case .busy: "An answer is running or waiting. Stop it or let it end, then try again."
        case .tooMany:
            "This conversation has \(ThreadBranches.limit) branches, which is the limit. Send a new message instead."
        }
    }
}
