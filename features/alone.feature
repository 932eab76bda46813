Feature: A group of one node
  It guards its services and serves its users; only two nodes can stand in for each other (docs/behaviour.md §5.10).

  Background:
    Given node 1 is the only node of its group

  Scenario: It serves its own users
    Then node 1 is Unknown (Unknown)
    And the users of node 1 are served by node 1

  Scenario: High availability needs two nodes
    When an administrator asks node 1 for high availability on
    Then that is refused: one node
    And node 1 is Unknown (Unknown)

  Scenario: Its services are watched, and nobody fails over
    When the critical service of node 1 fails
    And 2 min pass
    Then node 1 is Unknown (Unknown)
    And the users of node 1 are served by node 1
