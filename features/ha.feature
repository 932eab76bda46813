Feature: High availability is switched on and off
  A decision belongs to the group: the later one holds on both nodes (docs/behaviour.md §5.10). Without high
  availability everything is watched, each node serves its own users, and nobody fails over.

  Background:
    Given both nodes are Normal

  Scenario: Switched off: nobody stands in for anybody
    When high availability is switched off on node 1
    Then the pair comes to rest in row 24
    When the critical service of node 1 fails
    And 2 min pass
    Then node 1 is Unknown (Unknown)
    And node 2 is Unknown (Unknown)
    And the users of node 1 are served by node 1
    When the daemon of node 2 dies
    And 2 min pass
    Then node 1 is Unknown (Unknown)
    And the users of node 2 are served by nobody
    And node 1 raises the alarm that nobody serves

  Scenario: Switched off while covered: the users go home
    When node 1 is failed over
    And the pair comes to rest
    And high availability is switched off on node 2
    Then the pair comes to rest in row 24
    And the users of node 1 are served by node 1
    And the users of node 2 are served by node 2
    And nobody was ever served twice

  Scenario: Switched on with a service down on one node: that node fails over at once
    When high availability is switched off on node 1
    And the pair comes to rest
    And the critical service of node 1 fails
    And 2 min pass
    And high availability is switched on on node 2
    Then the pair comes to rest in row 12
    And the users of node 1 are served by node 2

  Scenario: Switched on with services down on both nodes: both go to Failed Mode
    When high availability is switched off on node 1
    And the pair comes to rest
    And the critical service of node 1 fails
    And the critical service of node 2 fails
    And 2 min pass
    And high availability is switched on on node 2
    Then the pair comes to rest in row 15
    And the users of node 1 are served by nobody
    And the users of node 2 are served by nobody
    When both nodes are repaired
    And node 1 is recovered
    Then the pair comes to rest in row 1

  Scenario: Not switched on without a peer that is heard
    When high availability is switched off on node 1
    And the pair comes to rest
    And the daemon of node 1 dies
    And 2 min pass
    And an administrator asks node 2 for high availability on
    Then that is refused: peer
    And node 2 is Unknown (Unknown)

  @simulated:daemons-catch-up-with-each-other-before-anybody-can-ask
  Scenario: Not switched on while the user directories differ
    When high availability is switched off on node 1
    And the pair comes to rest
    And the user directory of node 1 falls behind
    And an administrator asks node 2 for high availability on
    Then that is refused: directory
    And the pair is in row 24

  Scenario Outline: The parameters of the nodes differ: <parameter>
    When the <parameter> of node 1 is changed
    Then the pair comes to rest in row 24
    And node 2 raises the alarm that parameters differ
    And the users of node 1 are served by node 1
    And the users of node 2 are served by node 2
    When the <parameter> of node 1 is what it was
    Then the pair comes to rest in row 1

    Examples:
      | parameter          |
      | keep-alive timeout |
      | cluster            |

    @simulated:both-daemons-are-the-same-program
    Examples:
      | parameter        |
      | software version |

  Scenario: The later decision holds, whoever slept through it
    When the daemon of node 2 dies
    And high availability is switched off on node 1
    And the daemon of node 2 starts
    Then the pair comes to rest in row 24
    When high availability is switched on on node 2
    Then the pair comes to rest in row 1
