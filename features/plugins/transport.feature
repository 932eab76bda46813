Feature: A transport makes packets of frames, and frames of packets
  Two nodes have the same transport. What one of them sends travels as packets over links, counted from 0 as in the
  configuration, and the other receives a packet on the link that it was sent for, unless it is lost.

  What is tagged `every-link` is for transports that send each frame over every link; what bears no tag is for all.

  Rule: A frame that is sent is delivered once, and whole
    wit/transport.wit, `open`, `send` and `receive`

    Scenario Outline: A frame of <bytes> bytes, over <links>
      Given a transport over <links>
      When a frame of <bytes> bytes is sent
      And its packets arrive
      Then every frame was delivered once, and whole
      And no packet was malformed or replayed

      Examples:
        | bytes | links    |
        | 0     | 1 link   |
        | 1     | 1 link   |
        | 65536 | 1 link   |
        | 0     | 2 links  |
        | 1     | 2 links  |
        | 65536 | 2 links  |
        | 0     | 16 links |
        | 1     | 16 links |
        | 65536 | 16 links |

    Scenario: A thousand frames, one after the other
      Given a transport over 2 links
      When 1000 frames are sent
      And their packets arrive
      Then every frame was delivered once, and whole
      And no packet was malformed or replayed

    Scenario: What is sent of its own accord is no frame that nobody sent
      Given a transport over 2 links
      When 3 keep-alive intervals pass
      Then nothing was delivered

    Scenario: What is sent of its own accord delivers no frame again
      Given a transport over 2 links
      When 2 frames are sent
      And their packets arrive
      And 3 keep-alive intervals pass
      Then every frame was delivered once, and whole

  Rule: A copy is not delivered
    wit/transport.wit, `verdict`, duplicate and replayed

    Scenario: Every packet arrives twice
      Given a transport over 2 links
      When 3 frames are sent
      And their packets arrive
      And their packets arrive once more
      Then every frame was delivered once, and whole
      And every copy was a duplicate

    Scenario: A copy arrives after a thousand other frames
      Given a transport over 1 link
      When 1001 frames are sent
      And their packets arrive
      And the packets of frame 1 arrive once more
      Then every frame was delivered once, and whole
      And no packet was malformed

  Rule: A frame that is overtaken is delivered
    wit/transport.wit, `verdict`, deliver; `link-quality`, reordered

    Scenario: The first of three frames arrives last
      Given a transport over 1 link
      When 3 frames are sent
      And the packets of frame 2 arrive
      And the packets of frame 3 arrive
      And the packets of frame 1 arrive
      Then every frame was delivered once, and whole

  Rule: What is left of an earlier session is a replay
    wit/transport.wit, `receive`: `session` is the peer's incarnation

    Scenario: The peer has started again
      Given a transport over 2 links
      When 3 frames are sent
      And the packets of frame 1 arrive
      And the sender starts again
      And a frame of 9 bytes is sent
      And its packets arrive
      Then frame 4 was delivered once, and whole
      When the packets of frame 2 arrive
      Then they were replayed
      When the packets of frame 1 arrive once more
      Then they were replayed

    Scenario: A higher session starts with a new replay window
      Given a transport over 1 link
      When 200 frames are sent
      And their packets arrive
      And the sender starts again
      And 3 frames are sent
      And their packets arrive
      Then every frame was delivered once, and whole
      And no packet was malformed or replayed

  Rule: What is no packet of this transport is malformed
    wit/transport.wit, `verdict`, malformed; docs/plugins.md, "Transports"

    Scenario Outline: <what>
      Given a transport over 1 link
      When <what> arrives
      Then it was malformed
      When a frame of 9 bytes is sent
      And its packets arrive
      Then every frame was delivered once, and whole

      Examples:
        | what            |
        | an empty packet |
        | one zero byte   |
        | a line of text  |
        | 1200 zero bytes |
        | 65536 bytes 255 |

  @every-link
  Rule: A dead link loses nothing
    docs/plugins.md, "Transports"

    Scenario Outline: Link <link> of two is dead
      Given a transport over 2 links
      When link <link> dies
      And 100 frames are sent
      And their packets arrive
      Then every frame was delivered once, and whole

      Examples:
        | link |
        | 0    |
        | 1    |

    Scenario: The links die in turn
      Given a transport over 2 links
      When link 0 dies
      And 3 frames are sent
      And their packets arrive
      And link 0 is back
      And link 1 dies
      And 3 frames are sent
      And their packets arrive
      Then every frame was delivered once, and whole

  Rule: Quality tells of each link what came
    wit/transport.wit, `link-quality`

    Scenario Outline: Before anything comes, over <links>
      Given a transport over <links>
      Then every counter of every link is 0

      Examples:
        | links    |
        | 1 link   |
        | 2 links  |
        | 16 links |

    Scenario: Packets and copies are counted on their links
      Given a transport over 2 links
      When 3 frames are sent
      And their packets arrive
      And their packets arrive once more
      Then each link counts the packets and the copies that came by it
      And each link knows when its last packet came

    Scenario: What is lost is counted
      Given a transport over 1 link
      When 3 frames are sent
      And the packets of frame 1 arrive
      And the packets of frame 3 arrive
      Then link 0 has lost the packets of frame 2

    Scenario: What comes late is counted, and is no loss
      Given a transport over 1 link
      When 3 frames are sent
      And the packets of frame 1 arrive
      And the packets of frame 3 arrive
      And the packets of frame 2 arrive
      Then link 0 has reordered the packets of frame 2
      And link 0 has lost nothing

    Scenario: The counters start again with a higher session
      Given a transport over 1 link
      When 5 frames are sent
      And their packets arrive
      And the sender starts again
      And a frame of 9 bytes is sent
      And its packets arrive
      Then each link counts the packets and the copies that came by it
