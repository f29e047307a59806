internal import Primitives

/// `## Phase 3: User Story 1 - Title (Priority: P1)`: tasks that are done together.
package struct TaskPhase: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case setup
        /// What blocks all stories.
        case foundation
        case stories([Int])
        case polish
        case other
    }

    /// Nil for `Phase N`.
    package let number: Int?
    /// The first ``titleLimit`` bytes.
    package let title: String
    package let kind: Kind
    /// The heading's line, from 0, and the line after the phase.
    package let line: Int
    package let end: Int
}

extension TaskPhase {
    /// A heading may be most of the document, and each of thousands of tasks is shown with its phase's title.
    private static let titleLimit = 240

    static func all(in document: MarkdownDocument) -> [TaskPhase] {
        let named = document.sections.filter { section in
            2...3 ~= section.level && section.key.utf8.starts(with: "phase ".utf8)
                && !section.key.utf8.elementsEqual("phase dependencies".utf8)
                && !(section.parent.map { document.sections[$0].key.utf8.starts(with: "dependencies".utf8) } ?? false)
        }
        return named.compactMap { section in
            let rest = Array(section.title.utf8)[...].dropFirst("phase".utf8.count).trimmed
            let number = rest.leadingNumber()
            let title = (number?.rest ?? rest).drop {
                !($0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") || $0 >= 0x80)
            }
            .drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") || $0.isSpace }
            return TaskPhase(
                number: number?.value,
                title: (title.isEmpty ? section.title : title.text).beginning(bytes: Self.titleLimit),
                kind: Self.kind(of: Array(section.title.utf8)[...]), line: section.line, end: section.end)
        }
    }

    private static func kind(of title: ArraySlice<UInt8>) -> Kind {
        let stories = Self.stories(in: title)
        if !stories.isEmpty { return .stories(stories) }
        if title.index(ofIgnoringCase: "foundation") != nil || title.index(ofIgnoringCase: "prerequisite") != nil {
            return .foundation
        }
        if title.index(ofWord: "setup") != nil || title.index(ofWord: "set-up") != nil { return .setup }
        if title.index(ofWord: "polish") != nil { return .polish }
        return .other
    }

    /// The most stories of a phase, which findings name for each of its tasks.
    private static let storyLimit = 50

    /// The numbers after `User Story`, `US` and `Stories`: "User Story 1 & 4", "US1/US4".
    private static func stories(in title: ArraySlice<UInt8>) -> [Int] {
        var numbers: [Int] = []
        for word in [StaticString("user story"), "user stories", "us"] {
            var rest = title
            while let index = rest.index(ofIgnoringCase: word) {
                let isStart = index == title.startIndex || !title[index - 1].isWordByte
                rest = rest[(index + word.utf8CodeUnitCount)...]
                guard isStart else { continue }
                var next = rest.drop { $0.isSpace }
                while let number = next.leadingNumber() {
                    if numbers.count < self.storyLimit, !numbers.contains(number.value) { numbers.append(number.value) }
                    let more = number.rest.drop { $0.isSpace }
                    guard let joint = more.first,
                        joint == UInt8(ascii: "&") || joint == UInt8(ascii: "+") || joint == UInt8(ascii: ",")
                            || joint == UInt8(ascii: "/")
                            || more.begins(with: "and ")
                    else { break }
                    next = more.dropFirst(more.begins(with: "and ") ? 4 : 1).drop { $0.isSpace }
                }
            }
        }
        return numbers
    }
}

/// The phases of a document in the order of their lines, found by a line: a document may have thousands of both.
struct PhaseIndex: Sendable, Hashable {
    let phases: [TaskPhase]
    /// For each phase, the one that it is in.
    private let outer: [Int?]

    init(_ phases: [TaskPhase]) {
        var outer: [Int?] = []
        var open: [Int] = []
        for (index, phase) in phases.enumerated() {
            while let last = open.last, phases[last].end <= phase.line { open.removeLast() }
            outer.append(open.last)
            open.append(index)
        }
        self.phases = phases
        self.outer = outer
    }

    /// The innermost phase with a line below its heading.
    func phase(at line: Int) -> TaskPhase? {
        var (low, high) = (0, self.phases.count)
        while low < high {
            let middle = (low + high) / 2
            if self.phases[middle].line < line { low = middle + 1 } else { high = middle }
        }
        var place: Int? = low == 0 ? nil : low - 1
        while let index = place, self.phases[index].end <= line { place = self.outer[index] }
        return place.map { self.phases[$0] }
    }
}
