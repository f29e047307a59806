/// Shows changed sections as they arrive, without a fence around them and words before them.
struct RefineDraft: LineDraft, Sendable {
    private enum State { case opening, body, closed }

    private(set) var text = ""
    private(set) var preface = ""
    var line = ""
    private var state = State.opening
    private var isFenced = false
    private var innerFence: String?
    private var blanks = 0

    var shown: String { self.text }

    var excess: String? {
        self.text.utf8.count > StageLimits.document ? "the change exceeded 100 KB (ask for less at a time)" : nil
    }

    mutating func take(_ line: String) {
        let text = line.drop { $0 == " " }
        let isFence = text.hasPrefix("```") || text.hasPrefix("~~~")
        switch self.state {
        case .opening:
            if isFence {
                self.isFenced = true
            } else if text.hasPrefix("#") {
                self.state = .body
                self.add(String(text))
            } else {
                self.preface += self.preface.utf8.count < 2_000 ? line + "\n" : ""
            }
        case .body:
            if let fence = self.innerFence {
                if text.hasPrefix(fence), text.allSatisfy({ $0 == fence.first || $0 == " " }) { self.innerFence = nil }
            } else if isFence {
                let fence = String(text.prefix { $0 == text.first })
                if self.isFenced, text == fence {
                    self.state = .closed
                    return
                }
                self.innerFence = fence
            }
            self.add(line)
        case .closed: break
        }
    }

    private mutating func add(_ line: String) {
        if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
            self.blanks += 1
            return
        }
        self.text += String(repeating: "\n", count: min(self.blanks, 20)) + line + "\n"
        self.blanks = 0
    }
}
