import Repositories
import Testing

@Suite("Conflict markers")
struct ConflictMarkerTests {
    @Test(
        "the lines that Git writes around a conflict are found, and nothing like them",
        arguments: [
            ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\nd\n", [1, 3, 5]),
            ("<<<<<<< x\r\nb\r\n||||||| base\r\no\r\n=======\r\nc\r\n>>>>>>> y\r\n", [0, 2, 4, 6]),
            ("<<<<<<<\nb\n=======\nc\n>>>>>>>\n", [0, 2, 4]),
            // What a hasty resolution leaves.
            ("a\n<<<<<<< HEAD\nb\n", [1]), ("a\n>>>>>>> theirs", [1]), ("<<<<<<< a\n=======", [0, 1]),
            // Headings, quotes, arrows, tables, and text about them.
            ("Heading\n=======\n\ntext", []), (">>>>>>>\n>>>>>>>x\n>>>>>>>> x", []), ("<<<<<<<< x\n<<<<<<<x", []),
            (" <<<<<<< x\n =======\n >>>>>>> y", []), ("||||||| a\n", []), ("", []), ("\n\n", []),
        ])
    func lines(_ text: String, _ lines: [Int]) {
        #expect(ConflictMarkers.lines(in: Array(text.utf8)) == lines)
    }

    @Test("the complaint names the lines, as people count them")
    func complaint() {
        #expect(ConflictMarkers.complaint(about: []) == nil)
        for (lines, words) in [
            ([4], "in line 5:"), ([1, 3], "in lines 2 and 4:"), ([1, 3, 5], "in lines 2, 4 and 6:"),
            (Array(0..<12), "in lines 1, 2, 3, 4, 5, 6, 7, 8, 9, …:"),
        ] {
            let complaint = ConflictMarkers.complaint(about: lines)
            #expect(complaint?.contains(words) == true, "\(complaint ?? "")")
        }
    }
}
